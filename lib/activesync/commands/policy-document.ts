/**
 * EASProvisionDoc: what a policy says to a device (MS-ASPROV 2.2.2.28). The document always has every setting: one that
 * nobody configured says its default, so that a device to which it once said something else gives it up (3.2.5.1.1).
 */
import { type Element, element, type TagName } from '../protocol/index.ts';
import type { PolicySettings } from './policies.ts';

type ProvisionName = Extract<TagName, `Provision:${string}`> extends `Provision:${infer Name}` ? Name : never;

export interface PolicySetting {
  readonly name: ProvisionName;
  readonly defaultValue: PolicySettings[string];
}

// biome-ignore format: a table
const TABLE: readonly (readonly [name: ProvisionName, defaultValue: PolicySettings[string]])[] = [
  ['DevicePasswordEnabled', false],
  ['AlphanumericDevicePasswordRequired', false],
  ['PasswordRecoveryEnabled', false],
  ['RequireStorageCardEncryption', false],
  ['AttachmentsEnabled', true],
  ['MinDevicePasswordLength', ''],
  ['MaxInactivityTimeDeviceLock', ''],
  ['MaxDevicePasswordFailedAttempts', ''],
  ['MaxAttachmentSize', ''],
  ['AllowSimpleDevicePassword', true],
  ['DevicePasswordExpiration', ''],
  ['DevicePasswordHistory', 0],
  ['AllowStorageCard', true],
  ['AllowCamera', true],
  ['RequireDeviceEncryption', false],
  ['AllowUnsignedApplications', true],
  ['AllowUnsignedInstallationPackages', true],
  ['MinDevicePasswordComplexCharacters', 1],
  ['AllowWiFi', true],
  ['AllowTextMessaging', true],
  ['AllowPOPIMAPEmail', true],
  ['AllowBluetooth', 2],
  ['AllowIrDA', true],
  ['RequireManualSyncWhenRoaming', false],
  ['AllowDesktopSync', true],
  ['MaxCalendarAgeFilter', 0],
  ['AllowHTMLEmail', true],
  ['MaxEmailAgeFilter', 0],
  ['MaxEmailBodyTruncationSize', -1],
  ['MaxEmailHTMLBodyTruncationSize', -1],
  ['RequireSignedSMIMEMessages', false],
  ['RequireEncryptedSMIMEMessages', false],
  ['RequireSignedSMIMEAlgorithm', 0],
  ['RequireEncryptionSMIMEAlgorithm', 0],
  ['AllowSMIMEEncryptionAlgorithmNegotiation', 2],
  ['AllowSMIMESoftCerts', true],
  ['AllowBrowser', true],
  ['AllowConsumerEmail', true],
  ['AllowRemoteDesktop', true],
  ['AllowInternetSharing', true],
  ['UnapprovedInROMApplicationList', []],
  ['ApprovedApplicationList', []],
];

/** Every setting, in the order of the schema. */
export const POLICY_SETTINGS: readonly PolicySetting[] = TABLE.map(([name, defaultValue]) => ({ name, defaultValue }));

/** What the items of the two lists are called. */
const LIST_ITEMS: Readonly<Record<string, TagName>> = {
  UnapprovedInROMApplicationList: 'Provision:ApplicationName',
  ApprovedApplicationList: 'Provision:Hash',
};

/** The whole document for a policy's settings, already validated. */
export function policyDocument(settings: PolicySettings): Element {
  return element(
    'Provision:EASProvisionDoc',
    POLICY_SETTINGS.map(({ name, defaultValue }) => settingElement(name, settings[name] ?? defaultValue)),
  );
}

function settingElement(name: ProvisionName, value: PolicySettings[string]): Element {
  const tag: TagName = `Provision:${name}`;
  const item = LIST_ITEMS[name];
  if (typeof value === 'object') {
    return element(
      tag,
      value.flatMap((it) => (item ? element(item, it) : [])),
    );
  }
  // MS-ASDTYPE 2.1: a boolean is 0 or 1.
  if (typeof value === 'boolean') return element(tag, value ? 1 : 0);
  return value === '' ? element(tag) : element(tag, value);
}
