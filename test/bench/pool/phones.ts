/** Phones of a pool's users: synced, and able to come through any door of the pool. */
import { DeviceClient, FolderType, type Transport } from '../../../lib/activesync/client/index.ts';
import { element, writeWbxml } from '../../../lib/activesync/index.ts';
import { persistentTransport } from '../../fault/support/persistent-transport.ts';
import { passwordOf, type TestPool } from '../../support/pool/test-pool.ts';
import { requestBytes } from '../standalone/raw-http.ts';
import { syncBody } from '../standalone/sync-request.ts';

/** How the bench's phones look at mail. */
export const LOOK = { windowSize: 100, bodyPreferences: [{ type: 1, truncationSizeBytes: 200 }] } as const;
const FIRST_MESSAGES = 3;
const AT_ONCE = 8;
/** MS-ASCMD 2.2.3.177.17: the same request again. */
const RETRY = 16;
const RETRY_AFTER_MS = 500;

export const userNames = (count: number): string[] => Array.from({ length: count }, (_, index) => `user${index}`);

export class Phone {
  readonly user: string;
  readonly deviceId: string;
  readonly client: DeviceClient;
  readonly inbox: string;
  /** Asked with every request: `http://127.0.0.1:…`. */
  door: () => string;

  private constructor(user: string, deviceId: string, client: DeviceClient, door: () => string) {
    this.door = door;
    this.user = user;
    this.deviceId = deviceId;
    this.client = client;
    this.inbox = client.folder(FolderType.inbox).serverId;
  }

  /** Its first Syncs. */
  static async synced(user: string, deviceId: string, door: () => string): Promise<Phone> {
    const phones: Phone[] = [];
    const client = new DeviceClient({
      url: door(),
      user,
      password: passwordOf(user),
      deviceId,
      version: '16.1',
      transport: through(() => (phones[0]?.door ?? door)()),
    });
    await client.folderSync();
    const phone = new Phone(user, deviceId, client, door);
    phones.push(phone);
    await phone.sync();
    return phone;
  }

  /** Everything that there is. */
  async sync(): Promise<void> {
    await this.client.syncAll({ collectionId: this.inbox, ...LOOK });
  }

  /** One Sync, whatever it brings. */
  async syncOnce(): Promise<void> {
    await this.client.sync({ collectionId: this.inbox, ...LOOK });
  }

  /** One command that changes something; the same again where the server asks for it. */
  async mark(isRead: boolean): Promise<void> {
    const item = this.client.items(this.inbox)[0];
    if (!item) throw new Error(`${this.user} has no message`);
    const data = [element('Email:Read', isRead ? '1' : '0')];
    for (;;) {
      const answer = await this.client.sync({
        collectionId: this.inbox,
        ...LOOK,
        commands: [{ kind: 'change', serverId: item.serverId, data }],
      });
      const status = answer?.status ?? 1;
      if (status === 1) return;
      if (status !== RETRY) throw new Error(`Sync was answered ${status}`);
      await pause(RETRY_AFTER_MS);
    }
  }

  /** A Sync with the present key, as bytes. */
  syncRequest(): Buffer {
    const syncKey = this.client.state.collections[this.inbox]?.syncKey ?? '0';
    return this.#request('Sync', syncBody({ collectionId: this.inbox, syncKey }));
  }

  pingRequest(heartbeatSeconds = 1_800): Buffer {
    const folder = element('Ping:Folder', element('Ping:Id', this.inbox), element('Ping:Class', 'Email'));
    const wait = element('Ping:HeartbeatInterval', heartbeatSeconds);
    return this.#request('Ping', writeWbxml(element('Ping:Ping', wait, element('Ping:Folders', folder))));
  }

  close(): void {
    this.client.close();
  }

  #request(command: 'Sync' | 'Ping', body: Uint8Array): Buffer {
    const { user, deviceId } = this;
    return requestBytes({ command, user, password: passwordOf(user), deviceId, body });
  }
}

/** Where mail is delivered to. */
export type Mail = Pick<TestPool, 'site'>;

/** A phone for each user, synced by its door, with some mail. */
export async function phonesOf(
  mail: Mail,
  users: readonly string[],
  door: (user: string) => string,
): Promise<readonly Phone[]> {
  const phones: Phone[] = [];
  await atOnce(users, async (user) => {
    for (let index = 0; index < FIRST_MESSAGES; index++) await deliver(mail, user, `first-${index}`);
    phones.push(await Phone.synced(user, `BENCH${user}`, () => door(user)));
  });
  return phones;
}

export function deliver({ site }: Mail, user: string, subject: string): Promise<void> {
  const lines = ['From: carol@elsewhere.example', `To: ${user}@example.org`, `Subject: ${subject}`];
  const id = `Message-ID: <${subject}.${user}.${performance.now()}@elsewhere.example>`;
  return site.dovecot.deliver(user, Buffer.from([...lines, id, '', 'News.', ''].join('\r\n')));
}

export async function atOnce<T>(all: readonly T[], run: (one: T) => Promise<void>, limit = AT_ONCE): Promise<void> {
  const left = [...all];
  await Promise.all(
    Array.from({ length: Math.min(limit, all.length) }, async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) await run(next);
    }),
  );
}

export const pause = (delayMs: number): Promise<void> => new Promise((done) => setTimeout(done, delayMs));

/** What a sprayer says where a server broke off is asked again at once, as phones do; 503 is the client's affair. */
function through(door: () => string): Transport {
  const inner = persistentTransport({ lost: 0, refused: 0 }, { again: [502, 504], pauseMs: 250, limitMs: 120_000 });
  return {
    request: (request) => {
      const { pathname, search } = new URL(request.url);
      return inner.request({ ...request, url: `${door()}${pathname}${search}` });
    },
    close: () => inner.close(),
  };
}
