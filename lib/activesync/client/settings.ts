/** Settings: what the device tells and asks beside its collections. */
import {
  child,
  children,
  type Element,
  element,
  SettingsStatus,
  type TagName,
  text,
  textOf,
} from '../protocol/index.ts';
import { statusFailure } from './answer-failure.ts';
import { elementsAt, rootStatus } from './answer-status.ts';
import { type DeviceInformation, deviceInformation } from './device-information.ts';
import type { DeviceSession } from './session.ts';

export interface UserInformation {
  readonly emailAddresses: readonly string[];
  readonly primaryAddress: string | undefined;
  readonly displayName: string | undefined;
}

/** Any properties in one request; gives back the root of the answer. Throws for a root Status other than 1. */
export async function settings(session: DeviceSession, properties: readonly Element[]): Promise<Element | undefined> {
  const document = element('Settings:Settings', properties);
  const response = await session.runForSuccess('Settings', SettingsStatus.success, { document });
  return response.document;
}

export async function setDeviceInformation(session: DeviceSession, information: DeviceInformation): Promise<void> {
  requireSuccess(await settings(session, [deviceInformation(information)]), 'Settings:DeviceInformation');
}

/** `password`: the recovery password that the device generated; undefined takes it back. */
export async function setDevicePassword(session: DeviceSession, password: string | undefined): Promise<void> {
  const property = element(
    'Settings:DevicePassword',
    element('Settings:Set', element('Settings:Password', password ?? '')),
  );
  requireSuccess(await settings(session, [property]), 'Settings:DevicePassword');
}

export async function userInformation(session: DeviceSession): Promise<UserInformation> {
  const answer = await settings(session, [element('Settings:UserInformation', element('Settings:Get'))]);
  requireSuccess(answer, 'Settings:UserInformation');
  const get = elementsAt(answer, 'Settings:UserInformation', 'Settings:Get')[0];
  // Addresses lie in an account from 14.1 on.
  const holder = elementsAt(get, 'Settings:Accounts', 'Settings:Account')[0] ?? get;
  const addresses = elementsAt(holder, 'Settings:EmailAddresses')[0];
  return {
    emailAddresses: children(addresses, 'Settings:SMTPAddress').map(textOf),
    primaryAddress: text(addresses, 'Settings:PrimarySmtpAddress'),
    displayName: text(holder, 'Settings:UserDisplayName'),
  };
}

function requireSuccess(answer: Element | undefined, tag: TagName): void {
  const status = rootStatus(child(answer, tag)) ?? SettingsStatus.success;
  if (status !== SettingsStatus.success) throw statusFailure('Settings', status);
}
