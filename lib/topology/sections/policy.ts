/**
 * What devices are asked to obey: the settings of the Provision document (MS-ASPROV 2.2.2), by their tags with a small
 * first letter. Those left out have the protocol's defaults, which ask nothing.
 */
import { choice, list, oneNumber, optional, section, sections, whole, withDefault, yesOrNo } from '../setting.ts';

const MOST_UINT = 2 ** 32 - 1;
const MOST_INT = 2 ** 31 - 1;

const asks = (about: string, standard: boolean) => optional(yesOrNo({ about, otherwise: `\`${standard}\`` }));
const asksNumber = (about: string, least: number, most: number, unit?: string, otherwise = 'no bound') =>
  optional(whole({ about, least, most, otherwise, ...(unit !== undefined && { unit }) }));
const asksList = (about: string, of: string) => optional(list({ about, of, otherwise: '`[]`' }));

const settings = {
  devicePasswordEnabled: asks('The device is locked by a password or PIN.', false),
  alphanumericDevicePasswordRequired: asks('The password has letters too.', false),
  passwordRecoveryEnabled: asks('The device leaves a recovery password with the server.', false),
  requireStorageCardEncryption: asks('Storage cards are encrypted.', false),
  attachmentsEnabled: asks('Attachments may be downloaded.', true),
  minDevicePasswordLength: asksNumber('The shortest password.', 1, 16, 'characters'),
  maxInactivityTimeDeviceLock: asksNumber(
    'The device locks itself after so long without use.',
    0,
    MOST_UINT,
    'seconds',
  ),
  maxDevicePasswordFailedAttempts: asksNumber('The device wipes itself after so many wrong passwords.', 4, 16),
  maxAttachmentSize: asksNumber('The largest attachment to download.', 0, MOST_UINT, 'bytes'),
  allowSimpleDevicePassword: asks('Passwords such as 1111 or 1234 are allowed.', true),
  devicePasswordExpiration: asksNumber('The password must be changed after so long.', 0, MOST_UINT, 'days'),
  devicePasswordHistory: asksNumber(
    'How many earlier passwords may not be used again.',
    0,
    MOST_UINT,
    undefined,
    '`0`',
  ),
  allowStorageCard: asks('Storage cards may be used.', true),
  allowCamera: asks('The camera may be used.', true),
  requireDeviceEncryption: asks("The device's storage is encrypted.", false),
  allowUnsignedApplications: asks('Unsigned applications may run.', true),
  allowUnsignedInstallationPackages: asks('Unsigned packages may be installed.', true),
  minDevicePasswordComplexCharacters: asksNumber(
    'Of how many kinds of characters a password is made.',
    1,
    4,
    undefined,
    '`1`',
  ),
  allowWiFi: asks('Wi-Fi may be used.', true),
  allowTextMessaging: asks('Text messages may be sent.', true),
  allowPOPIMAPEmail: asks('POP3 and IMAP accounts may be used.', true),
  allowBluetooth: asksNumber('Bluetooth: 0 is off, 1 hands-free only, 2 allowed.', 0, 2, undefined, '`2`'),
  allowIrDA: asks('Infrared may be used.', true),
  requireManualSyncWhenRoaming: asks('While roaming the device syncs only when told to.', false),
  allowDesktopSync: asks('The device may sync with a desktop computer.', true),
  maxCalendarAgeFilter: optional(
    oneNumber([0, 4, 5, 6, 7], {
      about: 'How far back calendars are synced: 0 all, 4 two weeks, 5 one month, 6 three months, 7 six months.',
      otherwise: '`0`',
    }),
  ),
  allowHTMLEmail: asks('Mail may be shown as HTML.', true),
  maxEmailAgeFilter: asksNumber(
    'How far back mail is synced: 0 all, 1 one day, 2 three days, 3 one week, 4 two weeks, 5 one month.',
    0,
    5,
    undefined,
    '`0`',
  ),
  maxEmailBodyTruncationSize: asksNumber(
    'The largest plain-text body; -1 is unbounded.',
    -1,
    MOST_INT,
    'kilobytes',
    '`-1`',
  ),
  maxEmailHTMLBodyTruncationSize: asksNumber(
    'The largest HTML body; -1 is unbounded.',
    -1,
    MOST_INT,
    'kilobytes',
    '`-1`',
  ),
  requireSignedSMIMEMessages: asks('Mail is signed.', false),
  requireEncryptedSMIMEMessages: asks('Mail is encrypted.', false),
  requireSignedSMIMEAlgorithm: asksNumber('Signatures: 0 is SHA-1, 1 MD5.', 0, 1, undefined, '`0`'),
  requireEncryptionSMIMEAlgorithm: asksNumber(
    'Encryption: 0 is TripleDES, 1 DES, 2 RC2 of 128 bits, 3 of 64, 4 of 40.',
    0,
    4,
    undefined,
    '`0`',
  ),
  allowSMIMEEncryptionAlgorithmNegotiation: asksNumber(
    'Whether another algorithm may be agreed on: 0 no, 1 a strong one, 2 any.',
    0,
    2,
    undefined,
    '`2`',
  ),
  allowSMIMESoftCerts: asks('Certificates may be kept in software.', true),
  allowBrowser: asks('The web browser may be used.', true),
  allowConsumerEmail: asks('Personal mail accounts may be used.', true),
  allowRemoteDesktop: asks('Remote desktops may be used.', true),
  allowInternetSharing: asks("The device's connection may be shared.", true),
  unapprovedInROMApplicationList: asksList('Built-in applications that may not run.', 'file names'),
  approvedApplicationList: asksList('The only applications that may run.', 'SHA-1 hashes'),
};

const requirement = choice(['none', 'optional', 'required'], {
  about:
    '`none`: devices are told that there is no policy; `optional`: they are given it and served whatever they do; ' +
    '`required`: they are served only after they have accepted it.',
});

const access = choice(['allow', 'quarantine', 'block'], {
  about: 'What a device may do that was never seen before: all; wait for an administrator; nothing.',
});

const patterns = (of: string) =>
  list({ about: 'Names in which `*` stands for any characters.', of: `${of}, in which * stands for any characters` });

export const policySection = section({
  requirement: withDefault(requirement, 'none'),
  settings: section(settings),
  overrides: withDefault(
    sections(
      {
        users: patterns('user names'),
        requirement: optional(requirement),
        settings: section(settings),
        access: optional(access),
      },
      {
        about:
          'What differs for some users: the first section whose `users` name one counts, and its `settings` are laid ' +
          'over the others. `users` is a list of names in which `*` stands for any characters. By file only.',
      },
    ),
    [],
  ),
});

export const devicesSection = section({
  access: withDefault(access, 'allow'),
  rules: withDefault(
    sections(
      { deviceTypes: patterns('device types'), users: optional(patterns('user names')), access },
      {
        about:
          'Exceptions by the type that a device says it is, for `users` or for all: the first that fits counts, before ' +
          'any other `access`. By file only.',
      },
    ),
    [],
  ),
  maxPerUser: withDefault(
    whole({ about: 'The most devices of one user; one more is refused.', least: 1, most: 1000 }),
    10,
  ),
});
