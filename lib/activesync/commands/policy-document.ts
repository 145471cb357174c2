/**
 * EASProvisionDoc: what a policy says to a device (MS-ASPROV 2.2.2.28). The document always has every setting: one that
 * nobody configured says its default, so that a device to which it once said something else gives it up (3.2.5.1.1).
 */
import { type Element, element, type TagName } from '../protocol/index.ts';
import type { PolicySettings } from './policies.ts';

export type PolicySettingKind =
  | { readonly kind: 'boolean' }
  /** A whole number within these bounds; `emptyAllowed`: an empty tag says that there is no bound. */
  | { readonly kind: 'number'; readonly least: number; readonly most: number; readonly emptyAllowed: boolean }
  /** Texts, each an element of its own. */
  | { readonly kind: 'list'; readonly item: TagName };

export interface PolicySetting {
  readonly name: string;
  readonly tag: TagName;
  readonly type: PolicySettingKind;
  readonly defaultValue: PolicySettings[string];
}

const INT = 2 ** 32 - 1;

const on = (name: ProvisionTag): PolicySetting => setting(name, { kind: 'boolean' }, true);
const off = (name: ProvisionTag): PolicySetting => setting(name, { kind: 'boolean' }, false);
const bounded = (name: ProvisionTag, least: number, most: number, defaultValue: number): PolicySetting =>
  setting(name, { kind: 'number', least, most, emptyAllowed: false }, defaultValue);
const orNone = (name: ProvisionTag, least: number, most: number): PolicySetting =>
  setting(name, { kind: 'number', least, most, emptyAllowed: true }, '');
const list = (name: ProvisionTag, item: TagName): PolicySetting => setting(name, { kind: 'list', item }, []);

/** Every setting, in the order of the schema. */
export const POLICY_SETTINGS: readonly PolicySetting[] = [
  off('DevicePasswordEnabled'),
  off('AlphanumericDevicePasswordRequired'),
  off('PasswordRecoveryEnabled'),
  off('RequireStorageCardEncryption'),
  on('AttachmentsEnabled'),
  orNone('MinDevicePasswordLength', 1, 16),
  orNone('MaxInactivityTimeDeviceLock', 0, INT),
  orNone('MaxDevicePasswordFailedAttempts', 4, 16),
  orNone('MaxAttachmentSize', 0, INT),
  on('AllowSimpleDevicePassword'),
  orNone('DevicePasswordExpiration', 0, INT),
  bounded('DevicePasswordHistory', 0, INT, 0),
  on('AllowStorageCard'),
  on('AllowCamera'),
  off('RequireDeviceEncryption'),
  on('AllowUnsignedApplications'),
  on('AllowUnsignedInstallationPackages'),
  bounded('MinDevicePasswordComplexCharacters', 1, 4, 1),
  on('AllowWiFi'),
  on('AllowTextMessaging'),
  on('AllowPOPIMAPEmail'),
  bounded('AllowBluetooth', 0, 2, 2),
  on('AllowIrDA'),
  off('RequireManualSyncWhenRoaming'),
  on('AllowDesktopSync'),
  bounded('MaxCalendarAgeFilter', 0, 7, 0),
  on('AllowHTMLEmail'),
  bounded('MaxEmailAgeFilter', 0, 5, 0),
  bounded('MaxEmailBodyTruncationSize', -1, 2 ** 31 - 1, -1),
  bounded('MaxEmailHTMLBodyTruncationSize', -1, 2 ** 31 - 1, -1),
  off('RequireSignedSMIMEMessages'),
  off('RequireEncryptedSMIMEMessages'),
  bounded('RequireSignedSMIMEAlgorithm', 0, 1, 0),
  bounded('RequireEncryptionSMIMEAlgorithm', 0, 4, 0),
  bounded('AllowSMIMEEncryptionAlgorithmNegotiation', 0, 2, 2),
  on('AllowSMIMESoftCerts'),
  on('AllowBrowser'),
  on('AllowConsumerEmail'),
  on('AllowRemoteDesktop'),
  on('AllowInternetSharing'),
  list('UnapprovedInROMApplicationList', 'Provision:ApplicationName'),
  list('ApprovedApplicationList', 'Provision:Hash'),
];

/** The whole document for a policy's settings, already validated. */
export function policyDocument(settings: PolicySettings): Element {
  return element(
    'Provision:EASProvisionDoc',
    POLICY_SETTINGS.map((it) => settingElement(it, settings[it.name] ?? it.defaultValue)),
  );
}

function settingElement({ tag, type }: PolicySetting, value: PolicySettings[string]): Element {
  if (type.kind === 'list') {
    const items = typeof value === 'object' ? value : [];
    return element(
      tag,
      items.map((it) => element(type.item, it)),
    );
  }
  // MS-ASDTYPE 2.1: a boolean is 0 or 1.
  if (typeof value === 'boolean') return element(tag, value ? 1 : 0);
  return value === '' ? element(tag) : element(tag, String(value));
}

type ProvisionTag = Extract<TagName, `Provision:${string}`> extends `Provision:${infer Name}` ? Name : never;

function setting(name: ProvisionTag, type: PolicySettingKind, defaultValue: PolicySettings[string]): PolicySetting {
  return { name, tag: `Provision:${name}`, type, defaultValue };
}
