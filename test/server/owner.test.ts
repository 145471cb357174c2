// Who is served by an owner with which password: several of one user, one that is turned down, one that comes later.
import { afterEach, describe, expect, it } from 'vitest';
import { BackendError, type Credentials, type MailSystem, type SignIn } from '../../lib/backends/index.ts';
import { withPassword } from '../../lib/backends/sign-in.ts';
import { silentLog, systemRandom } from '../../lib/platform/index.ts';
import { standaloneLease } from '../../lib/pool/index.ts';
import { ConfirmedPasswords } from '../../lib/server/confirmed-passwords.ts';
import { Owner } from '../../lib/server/owner.ts';
import { DEFAULT_SYNC_SETTINGS } from '../../lib/sync/index.ts';
import { TestDevice } from '../activesync/commands/support/test-device.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryStore } from '../sync/support/faulty-store.ts';
import { ScriptedMailbox } from '../sync/support/scripted-mailbox.ts';

const ADA = { user: 'ada', addresses: ['ada@example.org'] };
const PING = `<Ping><HeartbeatInterval>900</HeartbeatInterval>
  <Folders><Folder><Id>1</Id><Class>Email</Class></Folder></Folders></Ping>`;

const closing: Owner[] = [];
afterEach(() => Promise.all(closing.splice(0).map((it) => it.close())));

const withPasswordOf = (password: string): Credentials => ({ userName: 'ada', password });

/** An owner beside a mail system that takes only `right`, and what it was tried with. */
function setUp(right: Set<string>) {
  const clock = new ManualClock();
  const logins: string[] = [];
  let signedInBy: SignIn | undefined;
  const logIn = (signIn: SignIn) =>
    withPassword(signIn, async ({ password }) => {
      logins.push(password);
      if (!right.has(password)) throw new BackendError('rejected-credentials', 'no');
    });
  const mail = {
    name: 'scripted',
    open: async (_account: unknown, signIn: SignIn) => {
      signedInBy = signIn;
      await logIn(signIn);
      return new ScriptedMailbox();
    },
  } as unknown as MailSystem;
  const owner = new Owner({
    mail,
    store: new MemoryStore(),
    clock,
    random: systemRandom,
    log: silentLog,
    settings: DEFAULT_SYNC_SETTINGS,
    idleSeconds: 1_800,
  });
  closing.push(owner);
  const lease = standaloneLease('ada', 's1');
  return {
    owner,
    logins,
    clock,
    serve: (password: string) => owner.serve(ADA, withPasswordOf(password), lease),
    /** As a mailbox does when it needs another connection. */
    connect: () => logIn(signedInBy as SignIn),
  };
}

describe('Devices of one user with passwords of their own', () => {
  it('share one mailbox and wait side by side', async () => {
    const { owner, logins, serve, clock } = setUp(new Set(['phone-1', 'tablet-1']));
    const ended: string[] = [];
    owner.onCompletion((ticket) => ended.push(ticket));
    const devices = { 'phone-1': 'phone', 'tablet-1': 'tablet' };
    const ask = async (password: string, command: 'FolderSync' | 'Sync' | 'Ping', xml: string) => {
      const id = devices[password as keyof typeof devices];
      return new TestDevice(await serve(password), { id, clock }).post(command, xml);
    };
    for (const password of Object.keys(devices)) {
      await ask(password, 'FolderSync', '<FolderSync><SyncKey>0</SyncKey></FolderSync>');
      let key = '0';
      for (let round = 0; round < 2; round++) {
        const { xml } = await ask(
          password,
          'Sync',
          `<Sync><Collections><Collection><SyncKey>${key}</SyncKey><CollectionId>1</CollectionId></Collection></Collections></Sync>`,
        );
        key = /<SyncKey>([^<]+)</.exec(xml)?.[1] ?? key;
      }
    }
    for (const password of ['phone-1', 'tablet-1', 'phone-1', 'tablet-1']) {
      expect((await ask(password, 'Ping', PING)).result.kind).toBe('wait');
    }
    expect(owner.waitingDevices('ada')).toEqual(new Set(['phone', 'tablet']));
    expect(logins).toEqual(['phone-1']);
    // Each device's own second Ping took the place of its first; nobody else's ended.
    expect(ended).toHaveLength(2);
  });

  it('go on with the newest when the mail system turns down the one that the mailbox was opened with', async () => {
    const right = new Set(['old', 'tablet-1', 'new']);
    const { owner, logins, serve, connect } = setUp(right);
    const first = await serve('old');
    await serve('tablet-1');
    expect(await serve('new')).toBe(first);
    await connect();
    right.delete('old');
    await connect();
    await connect();
    expect(logins).toEqual(['old', 'old', 'old', 'new', 'new']);
    expect(owner.credentialsOf('ada')?.credentials).toEqual(withPasswordOf('new'));
  });

  it('go on with a password that is confirmed only after the old one was turned down', async () => {
    const right = new Set(['old']);
    const { serve, connect, logins } = setUp(right);
    const first = await serve('old');
    right.clear();
    await expect(connect()).rejects.toThrow('no');
    right.add('new');
    expect(await serve('new')).toBe(first);
    await connect();
    expect(logins).toEqual(['old', 'old', 'new']);
  });

  it('find the mailbox open that a server prepared with the password of another', async () => {
    const { owner, serve, logins } = setUp(new Set(['phone-1', 'tablet-1']));
    await owner.prepare(ADA, withPasswordOf('phone-1'));
    await serve('tablet-1');
    expect(logins).toEqual(['phone-1']);
  });
});

describe('What is stored of a user', () => {
  const lease = standaloneLease('ada', 's1');
  const block = (owner: Owner) =>
    owner.withRecords(lease, (user) => user.device('phone').saveRecord({ access: 'blocked' }));

  it('is worked on while nobody has signed in, and the next device finds it so', async () => {
    const { owner, logins, serve } = setUp(new Set(['phone-1']));
    await block(owner);
    expect(logins).toEqual([]);
    expect(owner.isServed('ada')).toBe(false);
    expect(await (await serve('phone-1')).device('phone').record()).toMatchObject({ access: 'blocked' });
  });

  it('is worked on through memory where a device has signed in', async () => {
    const { owner, serve } = setUp(new Set(['phone-1']));
    const user = await serve('phone-1');
    await user.device('phone').saveRecord({ access: 'allowed' });
    await block(owner);
    expect(await user.device('phone').record()).toMatchObject({ access: 'blocked' });
  });

  it('is not read by who comes meanwhile before it is done', async () => {
    const { owner, serve } = setUp(new Set(['phone-1']));
    const gate = Promise.withResolvers<void>();
    const worked = owner.withRecords(lease, async (user) => {
      await gate.promise;
      await user.device('phone').saveRecord({ access: 'blocked' });
    });
    const served = serve('phone-1').then((user) => user.device('phone').record());
    await new Promise((resolve) => setTimeout(resolve, 20));
    gate.resolve();
    await worked;
    expect(await served).toMatchObject({ access: 'blocked' });
  });

  it('is not kept from who comes after work that failed', async () => {
    const { owner, serve } = setUp(new Set(['phone-1']));
    await expect(owner.withRecords(lease, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await serve('phone-1')).toBeDefined();
    const { owner: other } = setUp(new Set());
    await expect(other.withRecords(lease, (user) => user.mailbox.folders())).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});

describe('ConfirmedPasswords', () => {
  it('keeps eight, the newest of them', () => {
    const passwords = new ConfirmedPasswords(withPasswordOf('0'));
    for (let i = 1; i < 20; i++) passwords.add(withPasswordOf(String(i)));
    const tried = [passwords.password];
    while (passwords.refused(passwords.password)) tried.push(passwords.password);
    expect(tried).toEqual(['0', '19', '18', '17', '16', '15', '14', '13']);
  });
  it('gives up one password once, of however many logins at the same time', () => {
    const passwords = new ConfirmedPasswords(withPasswordOf('a'));
    passwords.add(withPasswordOf('b'));
    expect([passwords.refused('a'), passwords.refused('a')]).toEqual([true, true]);
    expect(passwords.password).toBe('b');
    expect(passwords.refused('b')).toBe(false);
  });
});
