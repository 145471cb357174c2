import { describe, expect, it } from 'vitest';
import { ClientError, type ClientErrorCode, newDeviceState } from '../../../lib/activesync/client/index.ts';
import { element, statusAnswer, text, toXml } from '../../../lib/activesync/protocol/index.ts';
import { elementsAt } from '../../../lib/activesync/client/answer-status.ts';
import { fixture } from './fixture.ts';
import type { Asked } from './scripted-server.ts';

const folders = (key: string) =>
  element(
    'FolderHierarchy:FolderSync',
    element('FolderHierarchy:Status', 1),
    element('FolderHierarchy:SyncKey', key),
    element('FolderHierarchy:Changes', element('FolderHierarchy:Count', 0)),
  );

const policy = (key: string) =>
  element(
    'Provision:Provision',
    element('Provision:Status', 1),
    element(
      'Provision:Policies',
      element(
        'Provision:Policy',
        element('Provision:PolicyType', 'MS-EAS-Provisioning-WBXML'),
        element('Provision:Status', 1),
        element('Provision:PolicyKey', key),
        element('Provision:Data', element('Provision:EASProvisionDoc', element('Provision:DevicePasswordEnabled', 1))),
      ),
    ),
  );

const codeOf = (promise: Promise<unknown>): Promise<ClientErrorCode> =>
  promise.then(
    () => expect.fail('it succeeded'),
    (error: unknown) => {
      if (error instanceof ClientError) return error.code;
      throw error;
    },
  );

describe('the version', () => {
  it.each([
    [undefined, '16.1'],
    ['2.5,12.0,12.1,14.0,14.1', '14.1'],
    ['12.1', '12.1'],
  ] as const)('MS-ASHTTP_R254: of %s announced is the highest, %s', async (versions, expected) => {
    const { client, server } = await fixture([folders('1')], versions === undefined ? {} : { versions });
    await client.folderSync();
    expect(server.asked[0]?.line.version).toBe(expected);
    expect(client.state.version).toBe(expected);
  });

  it('is the option, without asking', async () => {
    const { client, server } = await fixture([folders('1')], { version: '14.0', versions: '12.1' });
    await client.folderSync();
    expect(server.asked[0]?.line.version).toBe('14.0');
  });

  it('must be one that both speak', async () => {
    const { client } = await fixture([], { versions: '2.5,12.0' });
    expect(await codeOf(client.folderSync())).toBe('no-common-version');
  });

  it('must have the command', async () => {
    const { client } = await fixture([], { version: '14.1' });
    expect(await codeOf(client.find({ searchId: 's', text: 'x' }))).toBe('command-not-in-version');
  });
});

describe('a request', () => {
  it.each(['plain', 'base64'] as const)('names user, device and credentials, in the %s form', async (queryForm) => {
    const { client, server } = await fixture([folders('1')], { queryForm, deviceType: 'Test' });
    await client.folderSync();
    expect(server.asked[0]?.line).toMatchObject({ user: 'ada', deviceId: 'd1', deviceType: 'Test' });
    expect(server.asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from('ada:secret').toString('base64')}`);
    expect('ms-asprotocolversion' in (server.asked[0]?.headers ?? {})).toBe(queryForm === 'plain');
  });

  it('takes a gzipped answer', async () => {
    const { client } = await fixture([{ document: folders('7'), gzip: true }]);
    await client.folderSync();
    expect(client.state.folderSyncKey).toBe('7');
  });

  it('is seen by onExchange, without the password', async () => {
    const seen: string[] = [];
    const { client } = await fixture([folders('1')], {
      onExchange: (request, response) => {
        expect(JSON.stringify(request)).not.toContain('secret');
        seen.push(
          `${request.command} ${response.status} ${response.document && toXml(response.document).slice(0, 11)}`,
        );
      },
    });
    await client.folderSync();
    expect(seen).toEqual(['OPTIONS 200 undefined', 'FolderSync 200 <FolderSync']);
  });
});

describe('provisioning', () => {
  const phases = [policy('11'), policy('22')];
  const keys = (asked: readonly Asked[]) => asked.map(({ line }) => [line.command, line.policyKey]);
  const provisioned = [
    ['FolderSync', undefined],
    ['Provision', undefined],
    ['Provision', '11'],
    ['FolderSync', '22'],
  ];

  it.each([142, 143, 144])('happens on Status %i, and the command is sent again', async (status) => {
    const { client, server } = await fixture([statusAnswer('FolderSync', status), ...phases, folders('1')]);
    await client.folderSync();
    expect(keys(server.asked)).toEqual(provisioned);
    expect(client.state.policyKey).toBe('22');
  });

  it('happens on 449 at 12.1', async () => {
    const { client, server } = await fixture([{ status: 449 }, ...phases, folders('1')], { version: '12.1' });
    await client.folderSync();
    expect(keys(server.asked)).toEqual(provisioned);
  });

  it('tells the device in the first phase from 14.1 on, and acknowledges in the second', async () => {
    for (const version of ['16.1', '14.1', '14.0', '12.1'] as const) {
      const { client, server } = await fixture(phases, { version });
      expect(await client.provision()).toEqual({ DevicePasswordEnabled: '1' });
      const [first, second] = server.asked;
      expect(elementsAt(first?.document, 'Settings:DeviceInformation')).toHaveLength(version > '14.0' ? 1 : 0);
      const acknowledged = elementsAt(second?.document, 'Provision:Policies', 'Provision:Policy')[0];
      expect(text(acknowledged, 'Provision:PolicyKey')).toBe('11');
      expect(text(acknowledged, 'Provision:Status')).toBe('1');
    }
  });

  it('is shared by commands that run side by side', async () => {
    const refused = statusAnswer('FolderSync', 142);
    const { client, server } = await fixture([refused, refused, ...phases, folders('1'), folders('1')]);
    client.state.version = '16.1';
    await Promise.all([client.folderSync(), client.folderSync()]);
    expect(server.commands().filter((it) => it === 'Provision')).toHaveLength(2);
  });

  it('is given up when the server is not content with it', async () => {
    const refused = statusAnswer('FolderSync', 142);
    const { client } = await fixture([refused, ...phases, refused]);
    expect(await codeOf(client.folderSync())).toBe('provisioning-failed');
  });

  it('is left to the caller where the options say so', async () => {
    const { client } = await fixture([statusAnswer('FolderSync', 142)], { provisions: false });
    expect(await codeOf(client.folderSync())).toBe('provisioning-failed');
  });

  it('without a policy for this user is done', async () => {
    const none = element(
      'Provision:Provision',
      element('Provision:Status', 1),
      element('Provision:Policies', element('Provision:Policy', element('Provision:Status', 2))),
    );
    const { client } = await fixture([none]);
    expect(await client.provision()).toBeUndefined();
    expect(client.state.policyKey).toBeUndefined();
  });

  it('obeys a remote wipe: acknowledges, forgets, and says so', async () => {
    const wipe = element('Provision:Provision', element('Provision:Status', 1), element('Provision:RemoteWipe'));
    const done = element('Provision:Provision', element('Provision:Status', 1));
    const { client, server } = await fixture([statusAnswer('FolderSync', 140), wipe, done]);
    client.state.folders['5'] = { serverId: '5', parentId: '0', displayName: 'Inbox', type: 2 };
    expect(await codeOf(client.folderSync())).toBe('wiped');
    expect(toXml(server.asked[2]?.document ?? element('AirSync:Sync'))).toBe(
      '<Provision xmlns="Provision:"><RemoteWipe><Status>1</Status></RemoteWipe></Provision>',
    );
    expect(client.state.folders).toEqual({});
  });
});

describe('a lost answer', () => {
  it('means the same bytes again', async () => {
    const { client, server } = await fixture(['lost', 'lost', folders('1')]);
    await client.folderSync();
    expect(server.asked).toHaveLength(3);
    expect(new Set(server.asked.map(({ body, url }) => `${url} ${body.toString('hex')}`)).size).toBe(1);
  });

  it('is unreachable in the end', async () => {
    const { client, server } = await fixture(['lost', 'lost', 'lost', 'lost']);
    expect(await codeOf(client.folderSync())).toBe('unreachable');
    expect(server.asked).toHaveLength(4);
  });

  it('may be one that takes too long', async () => {
    const { client } = await fixture(['silent'], { version: '16.1', retry: { attempts: 1 } });
    const held = client.raw('Ping', { timeoutMs: 50, document: element('Ping:Ping') });
    expect(await codeOf(held)).toBe('unreachable');
  });
});

describe('HTTP statuses', () => {
  it('MS-ASHTTP_R275: 503 means again after Retry-After', async () => {
    const busy = { status: 503, headers: { 'Retry-After': '0' } };
    const { client, server } = await fixture([busy, busy, folders('1')], { retry: { delayMs: 3_600_000 } });
    await client.folderSync();
    expect(server.asked).toHaveLength(3);
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not-activesync'],
    [451, 'redirected'],
    [500, 'http-status'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
  ] as const)('%i is %s', async (status, code) => {
    const { client } = await fixture([{ status }], { retry: { attempts: 1 } });
    await expect(client.folderSync()).rejects.toMatchObject({ code, httpStatus: status, command: 'FolderSync' });
  });

  it('MS-ASHTTP_R270: 451 leads to the place of X-MS-Location, for later requests too', async () => {
    const { server: other, client: unused } = await fixture([folders('1'), folders('2')]);
    const location = `${other.url}/Microsoft-Server-ActiveSync`;
    const { client, server } = await fixture([{ status: 451, headers: { 'X-MS-Location': location } }]);
    await client.folderSync();
    await client.folderSync();
    expect([server.asked.length, other.asked.length]).toEqual([1, 2]);
    expect(client.state.url).toBe(location);
    unused.close();
  });

  it('an answer that is not WBXML is malformed', async () => {
    const { client } = await fixture([{ bytes: Buffer.from('<html>') }]);
    expect(await codeOf(client.folderSync())).toBe('malformed-answer');
  });
});

it('the state goes through JSON and on', async () => {
  const first = await fixture([folders('5')]);
  await first.client.folderSync();
  const state = JSON.parse(JSON.stringify(first.client.state)) as ReturnType<typeof newDeviceState>;
  const { client, server } = await fixture([folders('6')], {}, state);
  await client.folderSync();
  expect(text(server.asked[0]?.document, 'FolderHierarchy:SyncKey')).toBe('5');
});

it('an abort ends a request with its reason', async () => {
  const { client } = await fixture([() => 'lost'], { retry: { delayMs: 3_600_000 } });
  const controller = new AbortController();
  const pending = client.folderSync(controller.signal);
  setTimeout(() => controller.abort(new Error('enough')), 50);
  await expect(pending).rejects.toThrow('enough');
});
