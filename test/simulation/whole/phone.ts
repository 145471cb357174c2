/**
 * A phone of the simulation and its person: it waits for mail and fetches it; they read, file, delete, send and draft, one
 * thing after another. What gets no answer is sent again, the same bytes, until it has one.
 */
import {
  ClientError,
  type CollectionAnswer,
  classOfFolder,
  DeviceClient,
  type DeviceItem,
  FolderType,
  itemText,
  type SyncCommand,
} from '../../../lib/activesync/client/index.ts';
import { element } from '../../../lib/activesync/index.ts';
import { reasonOf, sleep } from '../../../lib/platform/index.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { SimulatedProcess } from '../support/simulated-process.ts';
import { DeviceTransport, type TransportWorld } from './device-transport.ts';
import type { Ledger } from './ledger.ts';

export interface PhoneWorld extends TransportWorld {
  readonly history: { note(text: string): void; violate(what: string): void };
}

export interface PhoneOptions {
  readonly world: PhoneWorld;
  readonly user: string;
  readonly process: SimulatedProcess;
  readonly random: SeededRandom;
  readonly ledger: Ledger;
}

const VERSIONS = ['16.1', '16.0', '14.1', '12.1'] as const;
const THINK_MS = [200, 9_000] as const;
const AGAIN_MS = [500, 4_000] as const;
const HEARTBEAT_SECONDS = [15, 45] as const;
/** What a person does soon after the phone was put down. */
const INTERRUPT_CHANCE = 0.3;
const SYNC_AGAIN: readonly number[] = [5, 16, 110, 111];
const SUCCESS = 1;
const INVALID_KEY = 3;
const MOVED = 3;
const LOOK = { windowSize: 25, bodyPreferences: [{ type: 1, truncationSizeBytes: 200 }] } as const;
export const ARCHIVE = 'Archive';

export class Phone {
  readonly name: string;
  readonly client: DeviceClient;
  /** Commands that a server has answered with success. */
  commands = 0;
  /** Collections that a server asked for from the beginning (Status 3). */
  resyncs = 0;
  notified = 0;
  isDone = false;
  readonly #options: PhoneOptions;
  readonly #transport: DeviceTransport;
  readonly #pings: boolean;
  #serial = 0;
  #busySince: number | undefined;
  #isCalm = false;
  #isEnding = false;
  #waiting: AbortController | undefined;

  constructor(options: PhoneOptions) {
    const { world, process, random, user } = options;
    this.#options = options;
    this.name = process.name;
    this.#pings = random.chance(0.6);
    this.#transport = new DeviceTransport(world, process);
    this.client = new DeviceClient({
      url: 'https://mail.example.org',
      user,
      password: 'secret',
      deviceId: process.name,
      version: random.pick(VERSIONS),
      transport: this.#transport,
      clock: process.clock,
      random: random.fork(),
    });
  }

  begin(): void {
    void this.#live().catch((thrown: unknown) =>
      this.#options.world.history.violate(`${this.name} stopped: ${(thrown as Error).stack ?? reasonOf(thrown)}`),
    );
  }

  /** Nothing new is begun: what is under way is finished, then the phone waits for mail and fetches it. */
  calmDown(): void {
    this.#isCalm = true;
    this.#waiting?.abort(new Error('the person looks'));
  }

  /** Every folder is fetched once more, and that is all. */
  end(): void {
    this.#isEnding = true;
    this.#waiting?.abort(new Error('the person looks'));
  }

  /** Since when something other than waiting goes on. */
  get busySince(): number | undefined {
    return this.#busySince;
  }

  has(subject: string): boolean {
    return this.client.items(this.#folder(FolderType.inbox)).some((it) => itemText(it, 'Email:Subject') === subject);
  }

  async #live(): Promise<void> {
    const { process, random } = this.#options;
    await this.#busy('FolderSync', () => this.client.folderSync());
    await this.#syncEverything();
    while (!this.#isCalm) {
      await sleep(process.clock, random.between(...THINK_MS));
      if (!this.#isCalm) await this.#act();
    }
    while (!this.#isEnding) {
      await this.#sync(this.#folder(FolderType.inbox));
      await this.#wait();
    }
    await this.#syncEverything();
    this.isDone = true;
  }

  #act(): Promise<void> {
    const chance = this.#options.random.number();
    if (chance < 0.3) return this.#waitAndFetch();
    if (chance < 0.48) return this.#mark();
    if (chance < 0.6) return this.#delete();
    if (chance < 0.74) return this.#move();
    if (chance < 0.88) return this.#send();
    if (chance < 0.93) return this.#draft();
    return this.#sync(this.#folder(FolderType.inbox));
  }

  #folder(type: number): string {
    return this.client.folder(type).serverId;
  }

  #subject(): string {
    this.#serial += 1;
    return `${this.name}-${this.#serial}`;
  }

  async #waitAndFetch(): Promise<void> {
    await this.#wait();
    await this.#sync(this.#folder(FolderType.inbox));
  }

  /** An answer that never comes, or is a refusal, ends it as well as news. */
  async #wait(): Promise<void> {
    const { process, random } = this.#options;
    const collectionId = this.#folder(FolderType.inbox);
    const heartbeatSeconds = Math.round(random.between(...HEARTBEAT_SECONDS));
    const interrupt = new AbortController();
    this.#waiting = interrupt;
    const timer = random.chance(INTERRUPT_CHANCE)
      ? process.clock.after(random.between(100, heartbeatSeconds * 1000), () => {
          if (!this.#isCalm) interrupt.abort(new Error('the person looks'));
        })
      : undefined;
    const { signal } = interrupt;
    try {
      const isNews = this.#pings
        ? await this.#ping(collectionId, heartbeatSeconds, signal)
        : await this.#waitingSync(collectionId, heartbeatSeconds, signal);
      if (isNews) this.notified += 1;
    } catch (thrown) {
      if (!signal.aborted && !isPassing(thrown)) this.#violate('waiting', thrown);
      if (!signal.aborted) await sleep(process.clock, random.between(...AGAIN_MS));
    } finally {
      timer?.cancel();
      this.#waiting = undefined;
    }
  }

  async #ping(id: string, heartbeatSeconds: number, signal: AbortSignal): Promise<boolean> {
    const { status } = await this.client.ping({ heartbeatSeconds, folders: [{ id, itemClass: 'Email' }], signal });
    if (status === 8) await sleep(this.#options.process.clock, this.#options.random.between(...AGAIN_MS));
    else if (status !== 1 && status !== 2) this.#violate('Ping', `it is answered ${status}`);
    return status === 2;
  }

  /** Not at 12.1. */
  async #waitingSync(collectionId: string, heartbeatSeconds: number, signal: AbortSignal): Promise<boolean> {
    const isOld = (await this.client.session.version()) === '12.1';
    if (isOld) return this.#ping(collectionId, heartbeatSeconds, signal);
    const answer = await this.client.syncMany(
      { collections: [{ collectionId, ...LOOK }], heartbeatSeconds },
      { signal, retry: { attempts: 1 } },
    );
    this.#judge(answer.status, answer.collections);
    return answer.collections.length > 0;
  }

  async #syncEverything(): Promise<void> {
    const folders = Object.values(this.client.state.folders);
    for (const { serverId, type } of folders) if (classOfFolder(type) === 'Email') await this.#sync(serverId);
  }

  async #sync(collectionId: string): Promise<void> {
    await this.#busy('Sync', () =>
      this.client.syncAll(
        { collectionId, ...LOOK },
        { onProgress: ({ answer }) => this.#judge(undefined, answer ? [answer] : []) },
      ),
    );
  }

  /** One of the hand's own messages, as the phone has it. */
  #own(): DeviceItem | undefined {
    const subjects = this.#options.ledger.inboxOf(this.name);
    const items = this.client
      .items(this.#folder(FolderType.inbox))
      .filter((it) => subjects.includes(itemText(it, 'Email:Subject') ?? ''));
    return items.length === 0 ? undefined : this.#options.random.pick(items);
  }

  async #mark(): Promise<void> {
    const item = this.#own();
    if (!item) return;
    const isSeen = itemText(item, 'Email:Read') !== '1';
    const data = [element('Email:Read', isSeen ? '1' : '0')];
    await this.#command('Change', FolderType.inbox, { kind: 'change', serverId: item.serverId, data });
    this.#options.ledger.now(nameOf(item), { isSeen });
  }

  async #delete(): Promise<void> {
    const item = this.#own();
    if (!item) return;
    const deletesAsMoves = this.#options.random.chance(0.5);
    await this.#command('Delete', FolderType.inbox, { kind: 'delete', serverId: item.serverId }, deletesAsMoves);
    this.#options.ledger.now(nameOf(item), { folder: deletesAsMoves ? 'Trash' : undefined });
  }

  async #move(): Promise<void> {
    const item = this.#own();
    const archive = Object.values(this.client.state.folders).find((it) => it.displayName === ARCHIVE);
    if (!item || !archive) return;
    const move = {
      serverId: item.serverId,
      sourceFolderId: this.#folder(FolderType.inbox),
      destinationFolderId: archive.serverId,
    };
    await this.#busy('MoveItems', async () => {
      const [result] = await this.client.moveItems(move);
      if (result?.status === MOVED) return;
      // Failed for now; anything else is a wrong answer about a message that is there.
      if (result?.status === 7 || result?.status === 5) throw again(result.status);
      this.#violate('MoveItems', `it is answered ${result?.status}`);
    });
    this.#options.ledger.now(nameOf(item), { folder: ARCHIVE });
  }

  async #send(): Promise<void> {
    const { ledger, user } = this.#options;
    const subject = this.#subject();
    const mime = Buffer.from(
      `From: ${user}@example.org\r\nTo: somebody@example.net\r\nSubject: ${subject}\r\n` +
        `Date: Thu, 15 Jan 2026 09:00:00 +0000\r\n\r\nWords of ${subject}.\r\n`,
    );
    ledger.begun('sent', subject);
    await this.#busy('SendMail', () => this.client.sendMail({ mime, clientId: subject }));
    ledger.told(subject);
  }

  /** 16.x alone can. */
  async #draft(): Promise<void> {
    const version = await this.client.session.version();
    if (!version.startsWith('16')) return;
    const subject = this.#subject();
    const data = [
      element('Email:To', 'somebody@example.net'),
      element('Email:Subject', subject),
      element('Email:Read', '1'),
      element('AirSyncBase:Body', element('AirSyncBase:Type', 1), element('AirSyncBase:Data', 'Not ready yet.')),
    ];
    this.#options.ledger.begun('draft', subject);
    await this.#command('Add', FolderType.drafts, { kind: 'add', clientId: subject, data });
    this.#options.ledger.told(subject);
  }

  async #command(name: string, folder: number, command: SyncCommand, deletesAsMoves?: boolean): Promise<void> {
    const collectionId = this.#folder(folder);
    const round = { collectionId, commands: [command], ...LOOK };
    const collection = deletesAsMoves === undefined ? round : { ...round, deletesAsMoves };
    await this.#busy(name, async () => {
      const { status, collections } = await this.client.syncMany({ collections: [collection] });
      const failed = this.#judge(status, collections);
      if (failed === INVALID_KEY) await this.client.syncAll({ collectionId, ...LOOK });
      if (failed !== undefined) throw again(failed);
      const result = collections[0]?.results[0];
      if (result && result.status !== SUCCESS) this.#violate(name, `the item is answered ${result.status}`);
    });
  }

  /** The status of a Sync that is to be sent again; what can never be right is a violation. */
  #judge(status: number | undefined, collections: readonly CollectionAnswer[]): number | undefined {
    for (const each of [status, ...collections.map((it) => it.status)]) {
      if (each === undefined || each === SUCCESS) continue;
      if (SYNC_AGAIN.includes(each)) return each;
      if (each === INVALID_KEY) this.resyncs += 1;
      // A request that the phone gave up, and that was carried out all the same after later ones, has moved the key.
      if (each === INVALID_KEY && this.#transport.lostSyncs > 0) return each;
      this.#violate('Sync', `it is answered ${each}`);
    }
    return undefined;
  }

  /** Again and again until it is answered. */
  async #busy<T>(command: string, run: () => Promise<T>): Promise<T | undefined> {
    const { process, random, world } = this.#options;
    this.#busySince = world.scheduler.now;
    world.history.note(`${this.name} ${command}`);
    try {
      for (;;) {
        try {
          const value = await run();
          this.commands += 1;
          world.history.note(`${this.name} ${command} is answered`);
          return value;
        } catch (thrown) {
          if (!isPassing(thrown)) return this.#violate(command, thrown);
        }
        await sleep(process.clock, random.between(...AGAIN_MS));
      }
    } finally {
      this.#busySince = undefined;
    }
  }

  #violate(command: string, why: unknown): undefined {
    const reason = typeof why === 'string' ? why : reasonOf(why);
    this.#options.world.history.violate(`${command} of ${this.name}: ${reason}`);
  }
}

const nameOf = (item: DeviceItem): string => itemText(item, 'Email:Subject') ?? '';

const again = (status: number): ClientError => new ClientError('protocol-status', 'not now', { status });

function isPassing(thrown: unknown): boolean {
  if (!(thrown instanceof ClientError)) return false;
  const { code, status } = thrown;
  return (
    code === 'unreachable' || code === 'unavailable' || (code === 'protocol-status' && isForNow(thrown.command, status))
  );
}

/** Statuses that tell a phone to try again later. */
function isForNow(command: string | undefined, status: number | undefined): boolean {
  if (status === undefined) return false;
  if (command === undefined) return true;
  if (command === 'FolderSync') return status === 6;
  if (command === 'SendMail') return status === 120 || status === 111;
  return SYNC_AGAIN.includes(status);
}
