/**
 * Settings (MS-ASCMD 2.2.1.18): each property that the device asks for or sets is answered in the order asked, with a
 * status of its own; only a request that isn't one at all is refused as a whole.
 */
import {
  atLeast,
  child,
  children,
  CommonStatus,
  type Element,
  element,
  SettingsStatus,
  text,
} from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { readDeviceInformation } from './device-information.ts';
import { answerOof } from './settings-oof.ts';

/** MS-ASCMD 6.40. The device's own bound for a recovery password. */
const MAX_PASSWORD_CHARACTERS = 255;

type Property = (asked: Element, request: CommandRequest, context: CommandContext) => Promise<Element> | Element;

const PROPERTIES: Readonly<Record<string, Property>> = {
  'Settings:Oof': (asked, _request, { user }) => answerOof(asked, user.mailbox),
  'Settings:DeviceInformation': setDeviceInformation,
  'Settings:DevicePassword': setDevicePassword,
  'Settings:UserInformation': getUserInformation,
  'Settings:RightsManagementInformation': getRightsManagementInformation,
};

export async function settings(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const asked = request.document;
  const properties = asked?.tag === 'Settings:Settings' ? children(asked) : [];
  // R483: what isn't a Settings request gets no property answers.
  if (properties.length === 0 || !properties.every((it) => isKnown(it, request))) {
    return answer(SettingsStatus.protocolError);
  }
  const answers: Element[] = [];
  for (const it of new Map(properties.map((property) => [property.tag, property])).values()) {
    // An answer has each property once at the most: two of a kind contradict each other, and neither is done.
    const isTwice = properties.some((other) => other !== it && other.tag === it.tag);
    const done = isTwice
      ? status(it.tag, SettingsStatus.conflictingArguments)
      : await PROPERTIES[it.tag]?.(it, request, context);
    if (done) answers.push(done);
  }
  return answer(SettingsStatus.success, answers);
}

const isKnown = (property: Element, { version }: CommandRequest): boolean =>
  property.tag in PROPERTIES && (property.tag !== 'Settings:RightsManagementInformation' || atLeast(version, '14.1'));

async function setDeviceInformation(asked: Element, _: CommandRequest, context: CommandContext): Promise<Element> {
  const read = readDeviceInformation(asked);
  if (read.kind === 'malformed') return status(asked.tag, SettingsStatus.protocolError);
  if (read.kind === 'invalid') return status(asked.tag, SettingsStatus.invalidArguments);
  await context.device.saveRecord({ information: read.information });
  return status(asked.tag, SettingsStatus.success);
}

/** Kept for the day that the user forgets it, and only where the policy wants that (R4402). */
async function setDevicePassword(asked: Element, _: CommandRequest, context: CommandContext): Promise<Element> {
  const password = text(child(asked, 'Settings:Set'), 'Settings:Password');
  if (password === undefined) return status(asked.tag, SettingsStatus.protocolError);
  if (password.length > MAX_PASSWORD_CHARACTERS) return status(asked.tag, SettingsStatus.invalidArguments);
  const policy = context.policies.policyFor(context.user.account.user);
  if (policy.requirement === 'none' || policy.settings['PasswordRecoveryEnabled'] !== true) {
    return status(asked.tag, SettingsStatus.deniedByPolicy);
  }
  await context.device.saveRecord({ recoveryPassword: password === '' ? undefined : password });
  return status(asked.tag, SettingsStatus.success);
}

/** Addresses alone up to 14.0, an account with addresses and the primary one since. */
function getUserInformation(asked: Element, { version }: CommandRequest, context: CommandContext): Element {
  if (!child(asked, 'Settings:Get')) return status(asked.tag, SettingsStatus.protocolError);
  const { addresses } = context.user.account;
  const hasAccounts = atLeast(version, '14.1');
  const emailAddresses = element(
    'Settings:EmailAddresses',
    addresses.map((it) => element('Settings:SMTPAddress', it)),
    hasAccounts && addresses[0] !== undefined && element('Settings:PrimarySmtpAddress', addresses[0]),
  );
  const got = hasAccounts ? element('Settings:Accounts', element('Settings:Account', emailAddresses)) : emailAddresses;
  return status(asked.tag, SettingsStatus.success, element('Settings:Get', got));
}

/** No rights management here: so it says, with the empty list that the schema wants all the same. */
function getRightsManagementInformation(asked: Element): Element {
  if (!child(asked, 'Settings:Get')) return status(asked.tag, SettingsStatus.protocolError, noTemplates());
  return status(asked.tag, CommonStatus.rightsManagementFeatureDisabled, noTemplates());
}

const noTemplates = (): Element => element('Settings:Get', element('RightsManagement:RightsManagementTemplates'));

const status = (tag: Element['tag'], value: number, rest?: Element): Element =>
  element(tag, element('Settings:Status', value), rest);

const answer = (value: number, properties: readonly Element[] = []): Answer => ({
  kind: 'document',
  document: element('Settings:Settings', element('Settings:Status', value), properties),
});
