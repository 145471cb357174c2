// Settings (MS-ASCMD 2.2.1.18), as devices and server speak it.
import { describe, expect, it } from 'vitest';
import { children, type ProtocolVersion } from '../../../lib/activesync/index.ts';
import { findAll } from '../../support/transcript.ts';
import { type FakeUser, fakeUser } from './support/fake-user.ts';
import { TestPolicies } from './support/policies.ts';
import { TestDevice } from './support/test-device.ts';

const RECOVERY = new TestPolicies({ requirement: 'optional', settings: { PasswordRecoveryEnabled: true } });
const ACCOUNT = { user: 'ada', addresses: ['ada@example.org', 'a.lovelace@example.org'] };

const ada = (): FakeUser => fakeUser({ user: { account: ACCOUNT } });
const ask = async (properties: string, version: ProtocolVersion = '16.1', user = ada()): Promise<string> =>
  (
    await new TestDevice(user.user, { version, policies: RECOVERY }).post(
      'Settings',
      `<Settings>${properties}</Settings>`,
    )
  ).xml;
const ok = (rest: string): string => `<Settings><Status>1</Status>${rest}</Settings>`;
const REFUSED = '<Settings><Status>2</Status></Settings>';

describe('A Settings request as a whole', () => {
  it('MS-ASCMD_R3953, MS-ASCMD_R2631, MS-ASCMD_R2632, MS-ASCMD_R2633, MS-ASCMD_R2634, MS-ASCMD_R4382, MS-ASCMD_R4386, MS-ASCMD_R4387: is answered with a Status and the properties asked', async () => {
    expect(await ask('<DeviceInformation><Set><Model>One</Model></Set></DeviceInformation>')).toBe(
      ok('<DeviceInformation><Status>1</Status></DeviceInformation>'),
    );
  });

  it('MS-ASCMD_R469, MS-ASCMD_R480, MS-ASCMD_R5713, MS-ASCMD_R481, MS-ASCMD_R485: every property in the order asked, with its Status', async () => {
    const device = new TestDevice(ada().user);
    const set = '<DeviceInformation><Set><Model>One</Model></Set></DeviceInformation>';
    const get = '<UserInformation><Get/></UserInformation>';
    for (const [one, other] of [
      [set, get],
      [get, set],
    ]) {
      const reply = await device.post('Settings', `<Settings>${one}${other}</Settings>`);
      const properties = children(reply.document).slice(1);
      expect(properties.map((it) => it.tag)).toEqual(
        one === set
          ? ['Settings:DeviceInformation', 'Settings:UserInformation']
          : ['Settings:UserInformation', 'Settings:DeviceInformation'],
      );
      // MS-ASCMD_R486: the first node of each.
      for (const it of properties) expect(children(it)[0]).toEqual({ tag: 'Settings:Status', content: '1' });
    }
  });

  it('MS-ASCMD_R486, MS-ASCMD_R2755, MS-ASCMD_R2756, MS-ASCMD_R2757, MS-ASCMD_R2758: a Status is a number, once and first in its property', async () => {
    const device = new TestDevice(ada().user, { version: '14.1' });
    const reply = await device.post(
      'Settings',
      '<Settings><Oof><Get><BodyType>Text</BodyType></Get></Oof><UserInformation><Get/></UserInformation><DevicePassword/></Settings>',
    );
    if (!reply.document) throw new Error('no document');
    const statuses = findAll(reply.document, 'Settings:Status');
    expect(statuses.map((it) => it.parent)).toEqual([
      'Settings:Settings',
      'Settings:Oof',
      'Settings:UserInformation',
      'Settings:DevicePassword',
    ]);
    for (const it of statuses) expect(it.element.content).toMatch(/^\d+$/);
    for (const it of children(reply.document).slice(1)) expect(children(it)[0]?.tag).toBe('Settings:Status');
  });

  it('MS-ASCMD_R483: nothing asked, or nothing known, is a protocol error without properties', async () => {
    expect(await ask('')).toBe(REFUSED);
    expect(await ask('<UserInformation><Get/></UserInformation><Model>One</Model>')).toBe(REFUSED);
  });

  it('MS-ASCMD_R484, MS-ASCMD_R5385, MS-ASCMD_R5583: other errors are of the property: 6 for one that is there twice, which is not done', async () => {
    const user = ada();
    const set = (model: string) => `<DeviceInformation><Set><Model>${model}</Model></Set></DeviceInformation>`;
    expect(await ask(set('One') + set('Two'), '16.1', user)).toBe(
      ok('<DeviceInformation><Status>6</Status></DeviceInformation>'),
    );
    expect((await user.user.device('phone1').record())?.information).toEqual({});
  });
});

describe('DeviceInformation', () => {
  it('MS-ASCMD_R1506, MS-ASCMD_R1507, MS-ASCMD_R1508, MS-ASCMD_R1509, MS-ASCMD_R4392: what the device tells is kept', async () => {
    const user = ada();
    const told = {
      Model: 'One',
      IMEI: '490154203237518',
      FriendlyName: "Ada's phone",
      OS: 'PhoneOS 9',
      OSLanguage: 'en',
      PhoneNumber: '+441234',
      UserAgent: 'Mail/1',
      EnableOutboundSMS: '0',
      MobileOperator: 'Operator',
    };
    const elements = Object.entries(told).map(([tag, value]) => `<${tag}>${value}</${tag}>`);
    expect(await ask(`<DeviceInformation><Set>${elements.join('')}</Set></DeviceInformation>`, '14.1', user)).toBe(
      ok('<DeviceInformation><Status>1</Status></DeviceInformation>'),
    );
    expect((await user.user.device('phone1').record())?.information).toEqual(told);
  });

  it('MS-ASCMD_R5845: without Set it is formatted incorrectly', async () => {
    expect(await ask('<DeviceInformation/>')).toBe(ok('<DeviceInformation><Status>2</Status></DeviceInformation>'));
    expect(await ask('<DeviceInformation><Set><Model><OS>x</OS></Model></Set></DeviceInformation>')).toBe(
      ok('<DeviceInformation><Status>2</Status></DeviceInformation>'),
    );
  });

  it('MS-ASCMD_R5582: values that no device has are invalid arguments, and nothing is kept', async () => {
    const user = ada();
    const tooLong = `<DeviceInformation><Set><Model>${'x'.repeat(1025)}</Model></Set></DeviceInformation>`;
    expect(await ask(tooLong, '16.1', user)).toBe(ok('<DeviceInformation><Status>5</Status></DeviceInformation>'));
    expect((await user.user.device('phone1').record())?.information).toEqual({});
  });
});

describe('DevicePassword', () => {
  const escrow = (password: string) => `<DevicePassword><Set><Password>${password}</Password></Set></DevicePassword>`;

  it('MS-ASCMD_R1514, MS-ASCMD_R1515, MS-ASCMD_R1516, MS-ASCMD_R1517, MS-ASCMD_R4396: is kept', async () => {
    const user = ada();
    expect(await ask(escrow('1234-5678'), '14.1', user)).toBe(
      ok('<DevicePassword><Status>1</Status></DevicePassword>'),
    );
    expect((await user.user.device('phone1').record())?.recoveryPassword).toBe('1234-5678');
    expect(await ask(escrow('x'.repeat(255)))).toContain('<DevicePassword><Status>1</Status></DevicePassword>');
  });

  it('MS-ASCMD_R4395, MS-ASCMD_R4398: without a password it is formatted incorrectly', async () => {
    expect(await ask('<DevicePassword><Set/></DevicePassword>')).toBe(
      ok('<DevicePassword><Status>2</Status></DevicePassword>'),
    );
  });

  it('MS-ASCMD_R4400, MS-ASCMD_R5702: one of more than 255 characters is too long', async () => {
    expect(await ask(escrow('x'.repeat(256)))).toBe(ok('<DevicePassword><Status>5</Status></DevicePassword>'));
  });

  it('is refused where the policy has no password recovery, and not kept', async () => {
    for (const policies of [
      new TestPolicies({ requirement: 'optional' }),
      new TestPolicies({ requirement: 'none', settings: { PasswordRecoveryEnabled: true } }),
    ]) {
      const user = ada();
      const device = new TestDevice(user.user, { policies });
      expect((await device.post('Settings', `<Settings>${escrow('1234')}</Settings>`)).xml).toBe(
        ok('<DevicePassword><Status>7</Status></DevicePassword>'),
      );
      expect((await user.user.device('phone1').record())?.recoveryPassword).toBeUndefined();
    }
  });
});

describe('UserInformation', () => {
  const GET = '<UserInformation><Get/></UserInformation>';

  it.each<ProtocolVersion>(['16.1', '16.0', '14.1'])(
    'MS-ASCMD_R2903, MS-ASCMD_R2904, MS-ASCMD_R2905, MS-ASCMD_R2906, MS-ASCMD_R5854, MS-ASCMD_R1755, MS-ASCMD_R1758, MS-ASCMD_R1759, MS-ASCMD_R733, MS-ASCMD_R1023, MS-ASCMD_R1024, MS-ASCMD_R1025, MS-ASCMD_R1026, MS-ASCMD_R713, MS-ASCMD_R998, MS-ASCMD_R999, MS-ASCMD_R1000, MS-ASCMD_R1001: at %s it has one account with its addresses',
    async (version) => {
      expect(await ask(GET, version)).toBe(
        ok(
          '<UserInformation><Status>1</Status><Get><Accounts><Account><EmailAddresses>' +
            '<SMTPAddress>ada@example.org</SMTPAddress><SMTPAddress>a.lovelace@example.org</SMTPAddress>' +
            '<PrimarySmtpAddress>ada@example.org</PrimarySmtpAddress>' +
            '</EmailAddresses></Account></Accounts></Get></UserInformation>',
        ),
      );
    },
  );

  it.each<ProtocolVersion>(['14.0', '12.1'])(
    'MS-ASCMD_R1595, MS-ASCMD_R1596, MS-ASCMD_R1597, MS-ASCMD_R1598, MS-ASCMD_R3962: at %s it has the addresses alone',
    async (version) => {
      expect(await ask(GET, version)).toBe(
        ok(
          '<UserInformation><Status>1</Status><Get><EmailAddresses>' +
            '<SMTPAddress>ada@example.org</SMTPAddress><SMTPAddress>a.lovelace@example.org</SMTPAddress>' +
            '</EmailAddresses></Get></UserInformation>',
        ),
      );
    },
  );

  it('MS-ASCMD_R3679, MS-ASCMD_R2392, MS-ASCMD_R2393, MS-ASCMD_R2394, MS-ASCMD_R2395: the primary address is the first, said once and last', async () => {
    const device = new TestDevice(ada().user, { version: '14.1' });
    const reply = await device.post('Settings', `<Settings>${GET}</Settings>`);
    if (!reply.document) throw new Error('no document');
    const [primary, ...others] = findAll(reply.document, 'Settings:PrimarySmtpAddress');
    expect(others).toEqual([]);
    expect(primary).toEqual({
      parent: 'Settings:EmailAddresses',
      element: { tag: 'Settings:PrimarySmtpAddress', content: 'ada@example.org' },
    });
  });

  it('MS-ASCMD_R5898, MS-ASCMD_R5901, MS-ASCMD_R5905, MS-ASCMD_R5915: no account id, account name, user name or disabled sending', async () => {
    const xml = await ask(GET, '14.1');
    for (const tag of ['AccountId', 'AccountName', 'UserDisplayName', 'SendDisabled']) expect(xml).not.toContain(tag);
  });

  it('without Get it is formatted incorrectly', async () => {
    expect(await ask('<UserInformation/>')).toBe(ok('<UserInformation><Status>2</Status></UserInformation>'));
  });
});

describe('Out of office, which no mail system behind keeps', () => {
  const oof = (inside: string): Promise<string> => ask(`<Oof>${inside}</Oof>`);
  const answered = (status: number): string => ok(`<Oof><Status>${status}</Status></Oof>`);

  it('MS-ASCMD_R1991, MS-ASCMD_R1992, MS-ASCMD_R1993, MS-ASCMD_R1994: Get is unavailable, and no state is made up', async () => {
    expect(await oof('<Get><BodyType>Text</BodyType></Get>')).toBe(answered(4));
    expect(await oof('<Get><BodyType>HTML</BodyType></Get>')).toBe(answered(4));
  });

  it('Set is unavailable, and not said to be done', async () => {
    expect(
      await oof(
        '<Set><OofState>2</OofState><StartTime>2026-12-20T00:00:00.000Z</StartTime><EndTime>2027-01-02T00:00:00.000Z</EndTime>' +
          '<OofMessage><AppliesToInternal/><Enabled>1</Enabled><ReplyMessage>Away</ReplyMessage><BodyType>Text</BodyType></OofMessage></Set>',
      ),
    ).toBe(answered(4));
  });

  it('MS-ASCMD_R2272, MS-ASCMD_R3992: StartTime without EndTime is 2', async () => {
    expect(await oof('<Set><OofState>2</OofState><StartTime>2026-12-20T00:00:00.000Z</StartTime></Set>')).toBe(
      answered(2),
    );
  });

  it('MS-ASCMD_R5681, MS-ASCMD_R5827: EndTime without StartTime is 2', async () => {
    expect(await oof('<Set><OofState>2</OofState><EndTime>2026-12-20T00:00:00.000Z</EndTime></Set>')).toBe(answered(2));
  });

  it('neither Get nor Set, and Get without BodyType, are formatted incorrectly', async () => {
    expect(await oof('')).toBe(answered(2));
    expect(await oof('<Get/>')).toBe(answered(2));
    expect(await oof('<Get><BodyType>Text</BodyType></Get><Set><OofState>0</OofState></Set>')).toBe(answered(2));
  });

  it('MS-ASCMD_R3530: an OofState other than 0, 1 and 2 is an invalid argument', async () => {
    expect(await oof('<Set><OofState>3</OofState></Set>')).toBe(answered(5));
    for (const state of [0, 1, 2]) expect(await oof(`<Set><OofState>${state}</OofState></Set>`)).toBe(answered(4));
  });

  it('MS-ASCMD_R816: a ReplyMessage without BodyType is formatted incorrectly', async () => {
    expect(await oof('<Set><OofMessage><AppliesToInternal/><ReplyMessage>Away</ReplyMessage></OofMessage></Set>')).toBe(
      answered(2),
    );
  });

  it('dates that are none, an end before its start, and two messages for the same people are refused', async () => {
    const set = (start: string, end: string) =>
      oof(`<Set><OofState>2</OofState><StartTime>${start}</StartTime><EndTime>${end}</EndTime></Set>`);
    expect(await set('tomorrow', '2026-12-20T00:00:00.000Z')).toBe(answered(5));
    expect(await set('2026-12-20T00:00:00.000Z', '2026-12-19T00:00:00.000Z')).toBe(answered(6));
    const message = '<OofMessage><AppliesToInternal/><Enabled>1</Enabled></OofMessage>';
    expect(await oof(`<Set>${message}${message}</Set>`)).toBe(answered(6));
  });
});

describe('RightsManagementInformation', () => {
  const GET = '<RightsManagementInformation><Get/></RightsManagementInformation>';

  it('MS-ASCMD_R3863, MS-ASCMD_R2520, MS-ASCMD_R2521, MS-ASCMD_R2522, MS-ASCMD_R2523, MS-ASCMD_R3113, MS-ASCMD_R1739, MS-ASCMD_R1740, MS-ASCMD_R1741, MS-ASCMD_R1742: there is none: 168, and no templates', async () => {
    expect(await ask(GET, '14.1')).toBe(
      ok(
        '<RightsManagementInformation><Status>168</Status>' +
          '<Get><rightsmanagement:RightsManagementTemplates/></Get></RightsManagementInformation>',
      ),
    );
  });

  it('is unknown before 14.1', async () => {
    expect(await ask(GET, '14.0')).toBe(REFUSED);
  });
});
