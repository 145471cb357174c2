/** Somebody with a phone: it waits for mail and fetches it; they read, flag, file, delete and send, one thing after another. */
import {
  type CollectionAnswer,
  type DeviceClient,
  type DeviceItem,
  FolderType,
  itemText,
  type SyncAnswer,
} from '../../../../lib/activesync/client/index.ts';
import { element } from '../../../../lib/activesync/index.ts';
import { reasonOf } from '../../../../lib/platform/index.ts';
import type { SeededRandom } from '../../../simulation/support/seeded-random.ts';
import { letterFrom } from '../../support/scenarios.ts';
import { LOOK, syncEverything } from '../../support/settle.ts';
import { answered, type Statuses } from './again.ts';
import type { Ledger } from './ledger.ts';

export interface PersonOptions {
  readonly user: string;
  readonly phone: DeviceClient;
  readonly ledger: Ledger;
  readonly random: SeededRandom;
  /** What went wrong for good. */
  readonly failures: string[];
  /** A subject that no other message has. */
  readonly name: (prefix: string) => string;
  /** Told of answers by which a server asks for the same again. */
  readonly onAgain: (command: string, status: number) => void;
}

/** A command as the device went through it. */
export interface Lived {
  readonly user: string;
  readonly command: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const HEARTBEAT_SECONDS = 60;
/** MS-ASCMD 2.2.3.177.11: Ping's way of asking for the same again. */
const PING_AGAIN = 8;
/** The mail system could not now (MS-ASCMD 2.2.3.177.10); where that is for good, patience ends. */
const MOVE_AGAIN = 7;
const THINK_MS = [50, 900] as const;
const WORK = 'Work';
const FLAG = element('Email:Flag', element('Email:Status', '2'), element('Email:FlagType', 'Flag for follow up'));

export class Person {
  readonly user: string;
  readonly phone: DeviceClient;
  readonly lived: Lived[] = [];
  readonly #options: PersonOptions;
  /** Half of the phones wait with Ping, half with Sync. */
  readonly #pings: boolean;
  #isStopping = false;
  #running: Promise<void> | undefined;
  #waitsSince: number | undefined;

  constructor(options: PersonOptions) {
    this.#options = options;
    this.user = options.user;
    this.phone = options.phone;
    this.#pings = options.random.number() < 0.5;
  }

  get isWaiting(): boolean {
    return this.#waitsSince !== undefined;
  }

  /** The first Syncs. */
  async begin(): Promise<void> {
    await this.phone.folderSync();
    const names = Object.values(this.phone.state.folders).map((it) => it.displayName);
    if (!names.includes(WORK)) {
      await this.phone.folderCreate({ parentId: '0', displayName: WORK, type: FolderType.userMail });
    }
    await syncEverything(this.phone);
  }

  /** For another of the same user's devices, after the first one began. */
  start(): void {
    this.#isStopping = false;
    this.#running = this.#live();
  }

  /** What is under way is finished; a device that waits does so when mail comes. */
  stop(): Promise<void> {
    this.#isStopping = true;
    return this.#running ?? Promise.resolve();
  }

  async #live(): Promise<void> {
    const { random, failures } = this.#options;
    while (!this.#isStopping) {
      try {
        await pause(random.between(...THINK_MS));
        const chance = random.number();
        if (chance < 0.3) await this.#wait();
        else if (chance < 0.5) await this.#mark();
        else if (chance < 0.65) await this.#move();
        else if (chance < 0.8) await this.#delete();
        else if (chance < 0.9) await this.#send();
        else await this.#timed('Sync', () => this.phone.syncAll({ collectionId: this.#inbox, ...LOOK }));
      } catch (thrown) {
        failures.push(`${this.user}: ${reasonOf(thrown)}`);
        if (failures.length > 50) return;
      }
    }
  }

  get #inbox(): string {
    return this.phone.folder(FolderType.inbox).serverId;
  }

  get #work(): string {
    return Object.values(this.phone.state.folders).find((it) => it.displayName === WORK)?.serverId ?? '';
  }

  /** A message that nobody has done anything with yet. */
  #untouched(): DeviceItem | undefined {
    const items = this.phone.items(this.#inbox);
    const from = Math.floor(this.#options.random.number() * items.length);
    return [...items.slice(from), ...items.slice(0, from)].find((it) => this.#options.ledger.touch(subjectOf(it)));
  }

  async #wait(): Promise<void> {
    const collectionId = this.#inbox;
    this.#waitsSince = performance.now();
    try {
      if (this.#pings) {
        const folders = [{ id: collectionId, itemClass: 'Email' }];
        const ping = () => this.phone.ping({ heartbeatSeconds: HEARTBEAT_SECONDS, folders });
        const { status } = await this.#answered('Ping', ping, (it) => [it.status === PING_AGAIN ? 111 : it.status]);
        if (status !== 1 && status !== 2) throw new Error(`Ping was answered ${status}`);
      } else {
        const collections = [{ collectionId, ...LOOK }];
        const wait = () => this.phone.syncMany({ collections, heartbeatSeconds: HEARTBEAT_SECONDS });
        const statuses = (it: SyncAnswer) => [it.status, ...it.collections.map((one) => one.status)];
        const answer = await this.#answered('Sync', wait, statuses);
        const bad = statuses(answer).find((it) => it !== undefined && it !== 1);
        if (bad !== undefined) throw new Error(`a waiting Sync was answered ${bad}`);
      }
    } finally {
      this.#waitsSince = undefined;
    }
    await this.#timed('Sync', () => this.phone.syncAll({ collectionId, ...LOOK }));
  }

  async #mark(): Promise<void> {
    const item = this.#untouched();
    if (item === undefined) return;
    await this.#command('Change', [
      { kind: 'change', serverId: item.serverId, data: [element('Email:Read', '1'), FLAG] },
    ]);
    this.#options.ledger.now(subjectOf(item) ?? '', { folder: 'INBOX', isSeen: true, isFlagged: true });
  }

  async #delete(): Promise<void> {
    const item = this.#untouched();
    if (item === undefined) return;
    const deletesAsMoves = this.#options.random.number() < 0.5;
    await this.#command('Delete', [{ kind: 'delete', serverId: item.serverId }], deletesAsMoves);
    this.#options.ledger.now(subjectOf(item) ?? '', { folder: deletesAsMoves ? 'Trash' : undefined });
  }

  async #move(): Promise<void> {
    const item = this.#untouched();
    if (item === undefined) return;
    const move = { serverId: item.serverId, sourceFolderId: this.#inbox, destinationFolderId: this.#work };
    const [result] = await this.#timed(
      'MoveItems',
      () => this.phone.moveItems(move),
      (results) => results.map((it) => (it.status === MOVE_AGAIN ? 111 : it.status)),
    );
    if (result?.status !== 3) throw new Error(`MoveItems was answered ${result?.status}`);
    this.#options.ledger.now(subjectOf(item) ?? '', { folder: WORK });
  }

  async #send(): Promise<void> {
    const subject = this.#options.name('sent');
    const mime = await letterFrom(this.user, subject);
    await this.#timed('SendMail', () => this.phone.sendMail({ mime, clientId: subject }));
    this.#options.ledger.sent(subject);
  }

  async #command(
    name: string,
    commands: NonNullable<Parameters<DeviceClient['sync']>[0]['commands']>,
    deletesAsMoves?: boolean,
  ): Promise<void> {
    const request = { collectionId: this.#inbox, commands, ...LOOK };
    const statuses = (answer: CollectionAnswer | undefined) => [
      answer?.status,
      ...(answer?.results ?? []).map((it) => it.status),
    ];
    const answer = await this.#timed(
      name,
      () => this.phone.sync(deletesAsMoves === undefined ? request : { ...request, deletesAsMoves }),
      statuses,
    );
    const bad = statuses(answer).find((it) => (it ?? 1) !== 1);
    if (bad !== undefined) throw new Error(`${name} was answered ${bad}`);
  }

  async #timed<T>(command: string, run: () => Promise<T>, statuses?: (result: T) => Statuses): Promise<T> {
    const fromMs = performance.now();
    const result = await this.#answered(command, run, statuses);
    this.lived.push({ user: this.user, command, fromMs, toMs: performance.now() });
    return result;
  }

  /** Sends the same again for as long as it is asked for. */
  #answered<T>(command: string, run: () => Promise<T>, statuses?: (result: T) => Statuses): Promise<T> {
    return answered(run, (status) => this.#options.onAgain(command, status), statuses);
  }
}

const subjectOf = (item: DeviceItem): string | undefined => itemText(item, 'Email:Subject');

const pause = (delayMs: number) => new Promise((done) => setTimeout(done, delayMs));
