// What a policy says to a device: every element of EASProvisionDoc (MS-ASPROV 2.2.2.28), in a mild and in a strict policy.
import { describe, expect, it } from 'vitest';
import type { Element, TagName } from '../../../lib/activesync/index.ts';
import { POLICY_SETTINGS } from '../../../lib/activesync/index.ts';
import { policyDocument } from '../../../lib/activesync/commands/policy-document.ts';
import { findAll } from '../../support/transcript.ts';

const BOOLEAN = /^[01]$/;
const BYTE = /^\d{1,3}$/;
const INT = /^\d{1,10}$/;
const BYTE_OR_EMPTY = /^(\d{1,3})?$/;
const INT_OR_EMPTY = /^(\d{1,10})?$/;

const STRICT = {
  DevicePasswordEnabled: true,
  AlphanumericDevicePasswordRequired: true,
  PasswordRecoveryEnabled: true,
  RequireStorageCardEncryption: true,
  AttachmentsEnabled: false,
  MinDevicePasswordLength: 8,
  MaxInactivityTimeDeviceLock: 300,
  MaxDevicePasswordFailedAttempts: 5,
  MaxAttachmentSize: 1_000_000,
  AllowSimpleDevicePassword: false,
  DevicePasswordExpiration: 90,
  DevicePasswordHistory: 5,
  AllowStorageCard: false,
  AllowCamera: false,
  RequireDeviceEncryption: true,
  AllowUnsignedApplications: false,
  AllowUnsignedInstallationPackages: false,
  MinDevicePasswordComplexCharacters: 3,
  AllowWiFi: false,
  AllowTextMessaging: false,
  AllowPOPIMAPEmail: false,
  AllowBluetooth: 1,
  AllowIrDA: false,
  RequireManualSyncWhenRoaming: true,
  AllowDesktopSync: false,
  MaxCalendarAgeFilter: 5,
  AllowHTMLEmail: false,
  MaxEmailAgeFilter: 3,
  MaxEmailBodyTruncationSize: 10,
  MaxEmailHTMLBodyTruncationSize: 20,
  RequireSignedSMIMEMessages: true,
  RequireEncryptedSMIMEMessages: true,
  RequireSignedSMIMEAlgorithm: 1,
  RequireEncryptionSMIMEAlgorithm: 2,
  AllowSMIMEEncryptionAlgorithmNegotiation: 0,
  AllowSMIMESoftCerts: false,
  AllowBrowser: false,
  AllowConsumerEmail: false,
  AllowRemoteDesktop: false,
  AllowInternetSharing: false,
  UnapprovedInROMApplicationList: ['games.exe', 'chat.exe'],
  ApprovedApplicationList: ['da39a3ee5e6b4b0d3255bfef95601890afd80709'],
} as const;

// biome-ignore format: a table
const ELEMENTS: readonly (readonly [name: keyof typeof STRICT, type: RegExp, requirements: string])[] = [
  ['DevicePasswordEnabled', BOOLEAN, 'MS-ASPROV_R211, MS-ASPROV_R212'],
  ['AlphanumericDevicePasswordRequired', BOOLEAN, 'MS-ASPROV_R182, MS-ASPROV_R183'],
  ['PasswordRecoveryEnabled', BOOLEAN, 'MS-ASPROV_R291, MS-ASPROV_R292'],
  ['RequireStorageCardEncryption', BOOLEAN, 'MS-ASPROV_R359, MS-ASPROV_R360'],
  ['AttachmentsEnabled', BOOLEAN, 'MS-ASPROV_R203, MS-ASPROV_R204, MS-ASPROV_R205'],
  ['MinDevicePasswordLength', BYTE_OR_EMPTY, 'MS-ASPROV_R286, MS-ASPROV_R287'],
  ['MaxInactivityTimeDeviceLock', INT_OR_EMPTY, 'MS-ASPROV_R276, MS-ASPROV_R277'],
  ['MaxDevicePasswordFailedAttempts', BYTE_OR_EMPTY, 'MS-ASPROV_R251, MS-ASPROV_R252'],
  ['MaxAttachmentSize', INT_OR_EMPTY, 'MS-ASPROV_R240, MS-ASPROV_R241, MS-ASPROV_R242'],
  ['AllowSimpleDevicePassword', BOOLEAN, 'MS-ASPROV_R135, MS-ASPROV_R137'],
  ['DevicePasswordExpiration', INT_OR_EMPTY, 'MS-ASPROV_R216, MS-ASPROV_R218'],
  ['DevicePasswordHistory', INT, 'MS-ASPROV_R224, MS-ASPROV_R225'],
  ['AllowStorageCard', BOOLEAN, 'MS-ASPROV_R154, MS-ASPROV_R155'],
  ['AllowCamera', BOOLEAN, 'MS-ASPROV_R85, MS-ASPROV_R86'],
  ['RequireDeviceEncryption', BOOLEAN, 'MS-ASPROV_R326, MS-ASPROV_R327'],
  ['AllowUnsignedApplications', BOOLEAN, 'MS-ASPROV_R166, MS-ASPROV_R167'],
  ['AllowUnsignedInstallationPackages', BOOLEAN, 'MS-ASPROV_R171, MS-ASPROV_R172'],
  ['MinDevicePasswordComplexCharacters', BYTE, 'MS-ASPROV_R280, MS-ASPROV_R281'],
  ['AllowWiFi', BOOLEAN, 'MS-ASPROV_R176, MS-ASPROV_R177'],
  ['AllowTextMessaging', BOOLEAN, 'MS-ASPROV_R160, MS-ASPROV_R161'],
  ['AllowPOPIMAPEmail', BOOLEAN, 'MS-ASPROV_R123, MS-ASPROV_R124'],
  ['AllowBluetooth', /^[012]$/, 'MS-ASPROV_R70, MS-ASPROV_R71'],
  ['AllowIrDA', BOOLEAN, 'MS-ASPROV_R116, MS-ASPROV_R117'],
  ['RequireManualSyncWhenRoaming', BOOLEAN, 'MS-ASPROV_R344, MS-ASPROV_R345'],
  ['AllowDesktopSync', BOOLEAN, 'MS-ASPROV_R97, MS-ASPROV_R98'],
  ['MaxCalendarAgeFilter', /^[04567]$/, 'MS-ASPROV_R243, MS-ASPROV_R244, MS-ASPROV_R245'],
  ['AllowHTMLEmail', BOOLEAN, 'MS-ASPROV_R104, MS-ASPROV_R105, MS-ASPROV_R106'],
  ['MaxEmailAgeFilter', /^[0-5]$/, 'MS-ASPROV_R255, MS-ASPROV_R256, MS-ASPROV_R257'],
  ['MaxEmailBodyTruncationSize', /^(-1|\d+)$/, 'MS-ASPROV_R265, MS-ASPROV_R266'],
  ['MaxEmailHTMLBodyTruncationSize', /^(-1|\d+)$/, 'MS-ASPROV_R271, MS-ASPROV_R272'],
  ['RequireSignedSMIMEMessages', BOOLEAN, 'MS-ASPROV_R354, MS-ASPROV_R355, MS-ASPROV_R356'],
  ['RequireEncryptedSMIMEMessages', BOOLEAN, 'MS-ASPROV_R331, MS-ASPROV_R332, MS-ASPROV_R333'],
  ['RequireSignedSMIMEAlgorithm', /^[01]$/, 'MS-ASPROV_R349, MS-ASPROV_R350, MS-ASPROV_R351'],
  ['RequireEncryptionSMIMEAlgorithm', /^[0-4]$/, 'MS-ASPROV_R336, MS-ASPROV_R337, MS-ASPROV_R338'],
  ['AllowSMIMEEncryptionAlgorithmNegotiation', /^[012]$/, 'MS-ASPROV_R143, MS-ASPROV_R144'],
  ['AllowSMIMESoftCerts', BOOLEAN, 'MS-ASPROV_R149, MS-ASPROV_R150'],
  ['AllowBrowser', BOOLEAN, 'MS-ASPROV_R80, MS-ASPROV_R81'],
  ['AllowConsumerEmail', BOOLEAN, 'MS-ASPROV_R92, MS-ASPROV_R93'],
  ['AllowRemoteDesktop', BOOLEAN, 'MS-ASPROV_R128, MS-ASPROV_R129'],
  ['AllowInternetSharing', BOOLEAN, 'MS-ASPROV_R109, MS-ASPROV_R110'],
];

const only = (document: Element, tag: TagName) => {
  const found = findAll(document, tag);
  expect(found).toHaveLength(1);
  return found[0];
};

describe('EASProvisionDoc', () => {
  it.each(ELEMENTS.map(([name, type, ids]) => ({ name, type, ids })))(
    '$ids: $name is one child of EASProvisionDoc, of its type, without children',
    ({ name, type }) => {
      for (const settings of [{}, STRICT]) {
        const found = only(policyDocument(settings), `Provision:${name}`);
        expect(found?.parent).toBe('Provision:EASProvisionDoc');
        const content = found?.element.content;
        expect(Array.isArray(content) ? content : []).toEqual([]);
        expect(typeof content === 'string' ? content : '').toMatch(type);
      }
    },
  );

  it('has what the policy says', () => {
    const said = Object.fromEntries(
      ELEMENTS.map(([name]) => [name, only(policyDocument(STRICT), `Provision:${name}`)?.element.content]),
    );
    for (const [name] of ELEMENTS) {
      const value = STRICT[name];
      expect([name, said[name]]).toEqual([name, typeof value === 'boolean' ? (value ? '1' : '0') : String(value)]);
    }
  });

  it('MS-ASPROV_R235: has only the elements that there are, each once', () => {
    const names = POLICY_SETTINGS.map((it) => it.name);
    expect(new Set(names)).toEqual(new Set(Object.keys(STRICT)));
    const { content } = policyDocument(STRICT);
    expect(Array.isArray(content) && content.map((it: Element) => it.tag)).toEqual(
      names.map((it) => `Provision:${it}`),
    );
  });

  it('MS-ASPROV_R404, MS-ASPROV_R405, MS-ASPROV_R408, MS-ASPROV_R409, MS-ASPROV_R189: UnapprovedInROMApplicationList has ApplicationNames', () => {
    const document = policyDocument(STRICT);
    expect(only(document, 'Provision:UnapprovedInROMApplicationList')?.parent).toBe('Provision:EASProvisionDoc');
    const names = findAll(document, 'Provision:ApplicationName');
    expect(names.map((it) => it.element.content)).toEqual(['games.exe', 'chat.exe']);
    expect(names.map((it) => it.parent)).toEqual(Array(2).fill('Provision:UnapprovedInROMApplicationList'));
    expect(only(policyDocument({}), 'Provision:UnapprovedInROMApplicationList')?.element.content).toEqual([]);
  });

  it('MS-ASPROV_R194, MS-ASPROV_R195, MS-ASPROV_R199, MS-ASPROV_R202, MS-ASPROV_R236: ApprovedApplicationList has Hashes', () => {
    const document = policyDocument(STRICT);
    expect(only(document, 'Provision:ApprovedApplicationList')?.parent).toBe('Provision:EASProvisionDoc');
    const hash = only(document, 'Provision:Hash');
    expect(hash).toEqual({
      parent: 'Provision:ApprovedApplicationList',
      element: { tag: 'Provision:Hash', content: STRICT.ApprovedApplicationList[0] },
    });
  });

  it('MS-ASPROV_R1044, MS-ASPROV_R1045, MS-ASPROV_R672, MS-ASPROV_R673, MS-ASPROV_R674, MS-ASPROV_R676, MS-ASPROV_R677: a setting that is unset is an empty tag or its default, so that the device gives it up', () => {
    const document = policyDocument({});
    const values = Object.fromEntries(
      POLICY_SETTINGS.map(({ name }) => [name, only(document, `Provision:${name}`)?.element.content]),
    );
    expect(values).toMatchObject({
      DevicePasswordEnabled: '0',
      MinDevicePasswordLength: [],
      MaxInactivityTimeDeviceLock: [],
      MaxAttachmentSize: [],
      AllowCamera: '1',
      AllowBluetooth: '2',
      MaxEmailBodyTruncationSize: '-1',
    });
    expect(only(policyDocument(STRICT), 'Provision:MinDevicePasswordLength')?.element.content).toBe('8');
    expect(only(policyDocument(STRICT), 'Provision:MaxInactivityTimeDeviceLock')?.element.content).toBe('300');
  });

  it('MS-ASPROV_R206, MS-ASPROV_R207: AttachmentsEnabled is 0 where attachments may not be downloaded, else 1', () => {
    expect(only(policyDocument({ AttachmentsEnabled: false }), 'Provision:AttachmentsEnabled')?.element.content).toBe(
      '0',
    );
    expect(only(policyDocument({}), 'Provision:AttachmentsEnabled')?.element.content).toBe('1');
  });
});
