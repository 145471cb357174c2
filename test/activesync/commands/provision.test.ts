// Provision (MS-ASPROV), as devices and server speak it.
import { beforeEach, describe, expect, it } from 'vitest';
import { child, children, type Element, type ProtocolVersion, text } from '../../../lib/activesync/index.ts';
import type { DeviceRecord } from '../../../lib/sync/index.ts';
import { findAll } from '../../support/transcript.ts';
import { type FakeUser, fakeUser } from './support/fake-user.ts';
import { TestPolicies } from './support/policies.ts';
import { type Reply, TestDevice } from './support/test-device.ts';

const WBXML_POLICY = 'MS-EAS-Provisioning-WBXML';
const INFORMATION =
  '<settings:DeviceInformation><settings:Set><settings:Model>One</settings:Model></settings:Set></settings:DeviceInformation>';

const download = (information = INFORMATION, type = WBXML_POLICY): string =>
  `<Provision>${information}<Policies><Policy><PolicyType>${type}</PolicyType></Policy></Policies></Provision>`;
const acknowledge = (key: string, status = '1'): string =>
  `<Provision><Policies><Policy><PolicyType>${WBXML_POLICY}</PolicyType><PolicyKey>${key}</PolicyKey><Status>${status}</Status></Policy></Policies></Provision>`;

const policyOf = (reply: Reply): Element | undefined =>
  child(child(reply.document, 'Provision:Policies'), 'Provision:Policy');
const keyOf = (reply: Reply): string => text(policyOf(reply), 'Provision:PolicyKey') ?? '';
const statusOf = (reply: Reply): string | undefined => text(reply.document, 'Provision:Status');
const policyStatusOf = (reply: Reply): string | undefined => text(policyOf(reply), 'Provision:Status');
const tagsOf = (parent: Element | undefined): readonly string[] => children(parent).map((it) => it.tag);

let user: FakeUser;
let policies: TestPolicies;

const device = (version: ProtocolVersion = '16.1'): TestDevice => new TestDevice(user.user, { version, policies });
const record = async (): Promise<DeviceRecord | undefined> => user.user.device('phone1').record();

beforeEach(() => {
  user = fakeUser();
  policies = new TestPolicies();
});

describe('Downloading the policy', () => {
  it.each<ProtocolVersion>(['16.1', '16.0', '14.1'])(
    'MS-ASPROV_R535, MS-ASPROV_R310, MS-ASPROV_R320, MS-ASPROV_R441, MS-ASPROV_R417, MS-ASCMD_R4990, MS-ASCMD_R5026: at %s the answer has type, status, temporary key and data',
    async (version) => {
      const reply = await device(version).post('Provision', download());
      expect(tagsOf(reply.document)).toEqual(['Settings:DeviceInformation', 'Provision:Status', 'Provision:Policies']);
      expect(tagsOf(policyOf(reply))).toEqual([
        'Provision:PolicyType',
        'Provision:Status',
        'Provision:PolicyKey',
        'Provision:Data',
      ]);
    },
  );

  it('MS-ASPROV_R319, MS-ASPROV_R390, MS-ASPROV_R391, MS-ASPROV_R393, MS-ASPROV_R394, MS-ASPROV_R678, MS-ASPROV_R759: the Provision element has a Status, 1 for success', async () => {
    const reply = await device().post('Provision', download());
    expect(reply.document?.tag).toBe('Provision:Provision');
    expect(statusOf(reply)).toBe('1');
  });

  it('MS-ASPROV_R370, MS-ASPROV_R374, MS-ASPROV_R375, MS-ASPROV_R377, MS-ASPROV_R378, MS-ASPROV_R466, MS-ASPROV_R495, MS-ASPROV_R688, MS-ASPROV_R703: the Policy has a Status, 1 when its data is there', async () => {
    const reply = await device().post('Provision', download());
    expect(policyStatusOf(reply)).toBe('1');
    expect(findAll(reply.document as Element, 'Provision:EASProvisionDoc')).toHaveLength(1);
  });

  it('MS-ASPROV_R317, MS-ASPROV_R318, MS-ASPROV_R888, MS-ASPROV_R966, MS-ASPROV_R971, MS-ASCMD_R4992: the data is in the format that PolicyType names', async () => {
    for (const version of ['16.1', '16.0', '14.1', '14.0', '12.1'] as const) {
      const reply = await device(version).post('Provision', download(version < '14.1' ? '' : INFORMATION));
      expect(text(policyOf(reply), 'Provision:PolicyType')).toBe(WBXML_POLICY);
      expect(tagsOf(child(policyOf(reply), 'Provision:Data'))).toEqual(['Provision:EASProvisionDoc']);
    }
  });

  it('MS-ASPROV_R208, MS-ASPROV_R209, MS-ASPROV_R210, MS-ASPROV_R232, MS-ASPROV_R233, MS-ASPROV_R234: Data has one EASProvisionDoc and nothing else', async () => {
    const reply = await device().post('Provision', download());
    const [data] = findAll(reply.document as Element, 'Provision:Data');
    expect(data?.parent).toBe('Provision:Policy');
    expect(tagsOf(data?.element)).toEqual(['Provision:EASProvisionDoc']);
  });

  it('MS-ASPROV_R313, MS-ASPROV_R711, MS-ASPROV_R486: the key is a 32-bit number in decimal that the server remembers', async () => {
    const reply = await device().post('Provision', download());
    const key = keyOf(reply);
    expect(key).toMatch(/^[1-9]\d{0,9}$/);
    expect(Number(key)).toBeLessThan(2 ** 32);
    expect((await record())?.pendingPolicyKey).toBe(key);
    // Not valid for anything else yet (MS-ASPROV_R650).
    expect((await record())?.policyKey).toBeUndefined();
  });

  it('MS-ASPROV_R366: DeviceInformation is kept, and answered with its own status', async () => {
    const reply = await device().post('Provision', download());
    expect(reply.xml).toContain(
      '<Provision><settings:DeviceInformation><settings:Status>1</settings:Status></settings:DeviceInformation>',
    );
    expect((await record())?.information).toEqual({ Model: 'One' });
  });

  it('is answered without DeviceInformation where the device sent none, or speaks a version without it', async () => {
    user = fakeUser({ record: { information: { Model: 'One' } } });
    expect(tagsOf((await device().post('Provision', download(''))).document)).toEqual([
      'Provision:Status',
      'Provision:Policies',
    ]);
    expect(tagsOf((await device('14.0').post('Provision', download())).document)).toEqual([
      'Provision:Status',
      'Provision:Policies',
    ]);
  });

  it('MS-ASCMD_R4954: a device that never said what it is gets 165', async () => {
    const reply = await device('14.1').post('Provision', download(''));
    expect(reply.xml).toBe('<Provision><Status>165</Status></Provision>');
    expect(policyStatusOf(await device('14.0').post('Provision', download('')))).toBe('1');
  });

  it('MS-ASPROV_R380, MS-ASPROV_R471, MS-ASPROV_R502: another type of policy is answered 3', async () => {
    const reply = await device().post('Provision', download(INFORMATION, 'MS-WAP-Provisioning-XML'));
    expect(statusOf(reply)).toBe('1');
    expect(policyStatusOf(reply)).toBe('3');
    expect(tagsOf(policyOf(reply))).toEqual(['Provision:PolicyType', 'Provision:Status']);
  });

  it('MS-ASPROV_R395, MS-ASPROV_R450, MS-ASPROV_R497, MS-ASPROV_R679, MS-ASCMD_R4989: without PolicyType the answer is 2', async () => {
    const reply = await device('14.0').post('Provision', '<Provision><Policies><Policy/></Policies></Provision>');
    expect(reply.xml).toBe('<Provision><Status>2</Status></Provision>');
    const none = await device('14.0').post('Provision', '<Provision><Policies/></Provision>');
    expect(none.xml).toBe('<Provision><Status>2</Status></Provision>');
  });

  it('offers the known one of several policies', async () => {
    const policy = (type: string) => `<Policy><PolicyType>${type}</PolicyType></Policy>`;
    const reply = await device('14.0').post(
      'Provision',
      `<Provision><Policies>${policy('MS-WAP-Provisioning-XML')}${policy(WBXML_POLICY)}</Policies></Provision>`,
    );
    expect(policyStatusOf(reply)).toBe('1');
  });

  it('says that there is no policy for a user who has none', async () => {
    policies.change({ requirement: 'none' });
    const reply = await device().post('Provision', download(''));
    expect(reply.xml).toBe(
      `<Provision><Status>1</Status><Policies><Policy><PolicyType>${WBXML_POLICY}</PolicyType><Status>2</Status></Policy></Policies></Provision>`,
    );
    expect((await record())?.pendingPolicyKey).toBeUndefined();
  });

  it('malformed DeviceInformation spoils nothing but itself', async () => {
    const reply = await device().post('Provision', download('<settings:DeviceInformation/>'));
    expect(reply.xml).toContain('<settings:DeviceInformation><settings:Status>2</settings:Status>');
    expect(policyStatusOf(reply)).toBe('1');
  });
});

describe('Acknowledging the policy', () => {
  it('MS-ASPROV_R605, MS-ASPROV_R661, MS-ASPROV_R601, MS-ASPROV_R419, MS-ASCMD_R4996, MS-ASCMD_R5028: is answered with type, status and key, and no data', async () => {
    const phone = device();
    const reply = await phone.post('Provision', acknowledge(keyOf(await phone.post('Provision', download()))));
    expect(tagsOf(reply.document)).toEqual(['Provision:Status', 'Provision:Policies']);
    expect(tagsOf(policyOf(reply))).toEqual(['Provision:PolicyType', 'Provision:Status', 'Provision:PolicyKey']);
    expect([statusOf(reply), policyStatusOf(reply)]).toEqual(['1', '1']);
  });

  it('MS-ASPROV_R650, MS-ASPROV_R662, MS-ASPROV_R509: the new key is another, and good for all commands', async () => {
    const phone = device();
    const refusedFirst = await phone.post('FolderSync', '<FolderSync><SyncKey>0</SyncKey></FolderSync>');
    expect(refusedFirst.xml).toBe('<FolderSync><Status>142</Status></FolderSync>');

    const temporary = keyOf(await phone.post('Provision', download()));
    phone.policyKey = temporary;
    const tooEarly = await phone.post('GetItemEstimate', '<GetItemEstimate/>');
    expect(tooEarly.xml).toBe('<GetItemEstimate><Status>142</Status></GetItemEstimate>');

    const final = keyOf(await phone.post('Provision', acknowledge(temporary)));
    expect(final).not.toBe(temporary);
    phone.policyKey = final;
    expect((await phone.post('ValidateCert', '<ValidateCert/>')).xml).toContain('<Status>137</Status>');
  });

  it('MS-ASPROV_R537, MS-ASCMD_R4912: another key than the device was given is 144', async () => {
    const phone = device();
    await phone.post('Provision', acknowledge(keyOf(await phone.post('Provision', download()))));
    phone.policyKey = '1234567';
    expect((await phone.post('ValidateCert', '<ValidateCert/>')).xml).toBe(
      '<ValidateCert><Status>144</Status></ValidateCert>',
    );
  });

  it('MS-ASPROV_R382, MS-ASPROV_R657, MS-ASPROV_R695, MS-ASPROV_R761, MS-ASPROV_R692, MS-ASPROV_R708, MS-ASPROV_R507: a wrong key is answered 5', async () => {
    const phone = device();
    await phone.post('Provision', download());
    const reply = await phone.post('Provision', acknowledge('1234567890'));
    expect(policyStatusOf(reply)).toBe('5');
    expect(keyOf(reply)).toBe('');
    expect((await record())?.policyKey).toBeUndefined();
  });

  it('MS-ASPROV_R475: the key of a policy that has changed since is answered 5', async () => {
    const phone = device();
    const key = keyOf(await phone.post('Provision', download()));
    policies.change({ digest: 'digest2', settings: { DevicePasswordEnabled: true } });
    expect(policyStatusOf(await phone.post('Provision', acknowledge(key)))).toBe('5');
    const again = keyOf(await phone.post('Provision', download()));
    expect(policyStatusOf(await phone.post('Provision', acknowledge(again)))).toBe('1');
  });

  it('repeated, since its answer was lost, gets the same key again', async () => {
    const phone = device();
    const temporary = keyOf(await phone.post('Provision', download()));
    const final = keyOf(await phone.post('Provision', acknowledge(temporary)));
    expect(keyOf(await phone.post('Provision', acknowledge(temporary)))).toBe(final);
  });

  it('a policy that changes later makes the device come again: 143 until it has acknowledged the new one', async () => {
    const phone = device();
    const provision = async () =>
      keyOf(await phone.post('Provision', acknowledge(keyOf(await phone.post('Provision', download())))));
    phone.policyKey = await provision();
    policies.change({ digest: 'digest2' });
    expect((await phone.post('ValidateCert', '<ValidateCert/>')).xml).toContain('<Status>143</Status>');
    const next = await provision();
    expect(next).not.toBe(phone.policyKey);
    phone.policyKey = next;
    expect((await phone.post('ValidateCert', '<ValidateCert/>')).xml).toContain('<Status>137</Status>');
  });

  it('MS-ASPROV_R681, MS-ASPROV_R684, MS-ASPROV_R1046: applied in part only, where it is required, is 139', async () => {
    const phone = device();
    const key = keyOf(await phone.post('Provision', download()));
    const reply = await phone.post('Provision', acknowledge(key, '2'));
    expect(reply.xml).toBe('<Provision><Status>139</Status></Provision>');
    expect((await record())?.policyKey).toBeUndefined();
    // Its key is spent.
    expect(policyStatusOf(await phone.post('Provision', acknowledge(key)))).toBe('5');
  });

  it.each(['2', '3', '4'])('refused with %s at 12.1, which knows no common statuses, is HTTP 403', async (outcome) => {
    const phone = device('12.1');
    const reply = await phone.post('Provision', acknowledge(keyOf(await phone.post('Provision', download())), outcome));
    expect(reply.xml).toBe('HTTP 403');
  });

  it('not applied at all is 139 too', async () => {
    const phone = device();
    const reply = await phone.post('Provision', acknowledge(keyOf(await phone.post('Provision', download())), '3'));
    expect(statusOf(reply)).toBe('139');
  });

  it('MS-ASPROV_R686, MS-ASPROV_R461, MS-ASPROV_R687, MS-ASCMD_R4917: managed by somebody else is 145', async () => {
    const phone = device();
    const reply = await phone.post('Provision', acknowledge(keyOf(await phone.post('Provision', download())), '4'));
    expect(reply.xml).toBe('<Provision><Status>145</Status></Provision>');
  });

  it.each(['2', '3', '4'])(
    'an optional policy is acknowledged with %s and the device served all the same',
    async (it) => {
      policies.change({ requirement: 'optional' });
      const phone = device();
      const reply = await phone.post('Provision', acknowledge(keyOf(await phone.post('Provision', download())), it));
      expect(policyStatusOf(reply)).toBe('1');
      expect(keyOf(reply)).not.toBe('');
    },
  );

  it.each(['0', '5', 'yes', ''])('Status "%s" is no acknowledgement', async (it) => {
    const phone = device();
    const reply = await phone.post('Provision', acknowledge(keyOf(await phone.post('Provision', download())), it));
    expect(reply.xml).toBe('<Provision><Status>2</Status></Provision>');
  });

  it('a Status without a key is no request', async () => {
    const reply = await device().post(
      'Provision',
      `<Provision><Policies><Policy><PolicyType>${WBXML_POLICY}</PolicyType><Status>1</Status></Policy></Policies></Provision>`,
    );
    expect(reply.xml).toBe('<Provision><Status>2</Status></Provision>');
  });
});

describe('Remote wipe', () => {
  it('MS-ASPROV_R758, MS-ASPROV_R653, MS-ASPROV_R321, MS-ASPROV_R322: an empty request brings the directive, without children', async () => {
    user = fakeUser({ record: { wipe: 'pending', wipeKind: 'device' } });
    const reply = await device().post('Provision', '<Provision/>');
    expect(reply.xml).toBe('<Provision><Status>1</Status><RemoteWipe/></Provision>');
    expect((await record())?.wipe).toBe('sent');
  });

  it('MS-ASPROV_R654, MS-ASPROV_R66615: without a request for a wipe there is none', async () => {
    const reply = await device().post('Provision', '<Provision/>');
    expect(reply.xml).toBe('<Provision><Status>1</Status></Provision>');
    expect((await device().post('Provision', download())).xml).not.toContain('Wipe');
  });

  it('a download brings the directive instead of a policy', async () => {
    user = fakeUser({ record: { wipe: 'pending', wipeKind: 'device' } });
    const reply = await device().post('Provision', download());
    expect(tagsOf(reply.document)).toEqual(['Settings:DeviceInformation', 'Provision:Status', 'Provision:RemoteWipe']);
  });

  it('MS-ASPROV_R1041, MS-ASPROV_R1047: the device says that it is done: Status 1, and it is blocked from now on', async () => {
    user = fakeUser({ record: { wipe: 'sent', wipeKind: 'device', policyKey: '77' } });
    const phone = device();
    const done = '<Provision><RemoteWipe><Status>1</Status></RemoteWipe></Provision>';
    expect((await phone.post('Provision', done)).xml).toBe('<Provision><Status>1</Status></Provision>');
    expect(await record()).toMatchObject({ wipe: 'done', access: 'blocked', policyKey: undefined });
    // Repeated, since the answer was lost.
    expect((await phone.post('Provision', done)).xml).toBe('<Provision><Status>1</Status></Provision>');
    expect((await phone.post('ValidateCert', '<ValidateCert/>')).xml).toContain('<Status>129</Status>');
  });

  it('MS-ASPROV_R666, MS-ASPROV_R702, MS-ASPROV_R1042, MS-ASPROV_R1048: the device could not: Status 2, and the directive again', async () => {
    user = fakeUser({ record: { wipe: 'sent', wipeKind: 'device' } });
    const reply = await device().post(
      'Provision',
      '<Provision><RemoteWipe><Status>2</Status></RemoteWipe></Provision>',
    );
    expect(reply.xml).toBe('<Provision><Status>2</Status><RemoteWipe/></Provision>');
    expect((await record())?.wipe).toBe('sent');
  });

  it('an acknowledgement of what nobody asked is a protocol error', async () => {
    const reply = await device().post(
      'Provision',
      '<Provision><RemoteWipe><Status>1</Status></RemoteWipe></Provision>',
    );
    expect(reply.xml).toBe('<Provision><Status>2</Status></Provision>');
    expect((await record())?.wipe).toBe('none');
  });

  it('MS-ASPROV_R6901, MS-ASPROV_R6903, MS-ASPROV_R66613: the account alone, at 16.1', async () => {
    user = fakeUser({ record: { wipe: 'pending', wipeKind: 'account' } });
    const reply = await device().post('Provision', '<Provision/>');
    expect(reply.xml).toBe('<Provision><Status>1</Status><AccountOnlyRemoteWipe/></Provision>');
  });

  it('MS-ASPROV_R66605, MS-ASPROV_R66609, MS-ASPROV_R66610, MS-ASPROV_R66611: its success and its failure', async () => {
    user = fakeUser({ record: { wipe: 'sent', wipeKind: 'account' } });
    const phone = device();
    const say = (status: number) =>
      phone.post(
        'Provision',
        `<Provision><AccountOnlyRemoteWipe><Status>${status}</Status></AccountOnlyRemoteWipe></Provision>`,
      );
    expect((await say(2)).xml).toBe('<Provision><Status>2</Status><AccountOnlyRemoteWipe/></Provision>');
    expect((await say(1)).xml).toBe('<Provision><Status>1</Status></Provision>');
    expect((await record())?.wipe).toBe('done');
  });

  it('an account wipe never becomes a wipe of the whole device before 16.1', async () => {
    user = fakeUser({ record: { wipe: 'pending', wipeKind: 'account' } });
    for (const version of ['16.0', '14.1', '14.0', '12.1'] as const) {
      expect((await device(version).post('Provision', '<Provision/>')).xml).toBe(
        version === '12.1' ? 'HTTP 403' : '<Provision><Status>130</Status></Provision>',
      );
    }
  });
});
