/** Two pools, a device that comes to either: who gets which user, and where the device is sent (MS-ASHTTP 3.1.5.2.2). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeveralPools, secretOf } from '../support/pools/several-pools.ts';

const INBOX = 2;

describe('the front doors of two pools', () => {
  let pools: SeveralPools;
  beforeAll(async () => {
    pools = await SeveralPools.start({
      users: ['ada', 'bob', 'cem', 'dee', 'eve'],
      pools: { east: {}, west: { 'homes-rules': 'dee@*=east' } },
    });
  }, 120_000);
  afterAll(() => pools?.stop());

  const ask = (user: string, pool: string, method: string, query: string, headers: Record<string, string> = {}) =>
    fetch(`${pools.pool(pool).url}${query}`, {
      method,
      headers: {
        Authorization: `Basic ${btoa(`${user}:${secretOf(user)}`)}`,
        'MS-ASProtocolVersion': '16.1',
        ...headers,
      },
      redirect: 'manual',
    });
  const commandOf = (user: string) =>
    `/Microsoft-Server-ActiveSync?Cmd=FolderSync&User=${user}&DeviceId=RAW1&DeviceType=Raw`;

  it('a new user is at home in the pool that the device came to, and stays there', async () => {
    await pools.device('ada', 'west').folderSync();
    expect(await pools.homeOf('ada')).toBe('west 1');
    await pools.device('ada', 'east').folderSync();
    expect(await pools.homeOf('ada')).toBe('west 1');
  });

  it('MS-ASHTTP_R268, R285, R207, R224: at another pool the device is answered 451 with the URL of its home', async () => {
    await pools.device('bob', 'east').folderSync();
    for (const response of [
      await ask('bob', 'west', 'POST', commandOf('bob')),
      await ask('bob', 'west', 'OPTIONS', '/Microsoft-Server-ActiveSync'),
    ]) {
      expect(response.status).toBe(451);
      expect(response.headers.get('x-ms-location')).toBe(`${pools.pool('east').url}/Microsoft-Server-ActiveSync`);
    }
    const device = pools.device('bob', 'west');
    await device.folderSync();
    expect(device.exchange.url).toContain(pools.pool('east').url);
    await device.syncAll({ collectionId: device.folder(INBOX).serverId });
  });

  it('a device of an older version is passed on and notices nothing, whatever it asks', async () => {
    await pools.device('cem', 'east').folderSync();
    await pools.site.dovecot.deliver('cem', mail('first'));
    const device = pools.device('cem', 'west', { version: '12.1' });
    await device.folderSync();
    const inbox = device.folder(INBOX).serverId;
    await device.syncAll({ collectionId: inbox });
    expect(device.exchange.url).toContain(pools.pool('west').url);
    expect(device.items(inbox)).toHaveLength(1);
    const waiting = device.ping({ heartbeatSeconds: 60, folders: [{ id: inbox, itemClass: 'Email' }] });
    await new Promise((done) => setTimeout(done, 500));
    await pools.site.dovecot.deliver('cem', mail('second'));
    expect(await waiting).toMatchObject({ status: 2 });
  });

  it('what was passed on is passed no further: the pool says that the user is not at home there', async () => {
    const response = await ask('cem', 'west', 'POST', commandOf('cem'), { 'X-Caravan-Pool': 'north' });
    expect(response.status).toBe(421);
  });

  it('a rule gives a user a home in another pool than the nearest', async () => {
    const device = pools.device('dee', 'west');
    await device.folderSync();
    expect(await pools.homeOf('dee')).toBe('east 1');
    expect(device.exchange.url).toContain(pools.pool('east').url);
  });

  it('autodiscover tells the URL of the home', async () => {
    const response = await fetch(`${pools.pool('west').url}/autodiscover/autodiscover.xml`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`bob:${secretOf('bob')}`)}`, 'Content-Type': 'text/xml' },
      body: `<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006"><Request><EMailAddress>bob@example.org</EMailAddress><AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006</AcceptableResponseSchema></Request></Autodiscover>`,
    });
    expect(await response.text()).toContain(`<Url>${pools.pool('east').url}/Microsoft-Server-ActiveSync</Url>`);
  });

  it('two first contacts at once, one at each pool, give one home', async () => {
    await Promise.all([pools.device('eve', 'east').folderSync(), pools.device('eve', 'west').folderSync()]);
    expect(await pools.homeOf('eve')).toMatch(/^(east|west) 1$/);
  });
});

const mail = (subject: string): Buffer =>
  Buffer.from(`From: x@example.org\r\nTo: cem@example.org\r\nSubject: ${subject}\r\n\r\nHello.\r\n`);
