/** Somebody who keeps appointments, contacts and tasks on a phone: they make, change, move and delete, one thing after another. */
import {
  type CollectionAnswer,
  type DeviceClient,
  type DeviceItem,
  itemText,
  type SyncCommand,
} from '../../../../lib/activesync/client/index.ts';
import { element } from '../../../../lib/activesync/index.ts';
import { reasonOf } from '../../../../lib/platform/index.ts';
import type { SeededRandom } from '../../../simulation/support/seeded-random.ts';
import { answered, type Statuses } from './again.ts';
import type { KeepingsLedger } from './keepings-ledger.ts';
import { EVENTS, type Keeping, KEEPINGS, OTHER_CALENDAR, SECOND_OCCURRENCE } from './keepings.ts';

export interface KeeperOptions {
  readonly user: string;
  readonly phone: DeviceClient;
  readonly ledger: KeepingsLedger;
  readonly random: SeededRandom;
  /** What went wrong for good. */
  readonly failures: string[];
  /** A name that no other item has. */
  readonly name: (prefix: string) => string;
  /** Told of answers by which a server asks for the same again. */
  readonly onAgain: (command: string, status: number) => void;
}

const HEARTBEAT_SECONDS = 60;
const THINK_MS = [50, 700] as const;
const GUEST = 'carol@elsewhere.example';
/** MS-ASCMD 2.2.3.177.11, 2.2.3.177.10 */
const PING_DONE: readonly number[] = [1, 2];
const PING_AGAIN = 8;
const MOVED = 3;

export class Keeper {
  readonly user: string;
  readonly phone: DeviceClient;
  /** Commands that were answered. */
  commands = 0;
  isWaiting = false;
  readonly #options: KeeperOptions;
  #isStopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.user = options.user;
    this.phone = options.phone;
  }

  /** Everything, until there is no more. */
  async sync(): Promise<void> {
    await this.phone.folderSync();
    for (const keeping of KEEPINGS) await this.phone.syncAll({ collectionId: this.#folder(keeping) });
    await this.phone.syncAll({ collectionId: this.#otherCalendar });
  }

  start(): void {
    this.#isStopping = false;
    this.#running = this.#live();
  }

  /** What is under way is finished; a device that waits does so when something changes. */
  stop(): Promise<void> {
    this.#isStopping = true;
    return this.#running;
  }

  /** Labels of what the phone holds, by collection. */
  held(): ReadonlyMap<string, readonly string[]> {
    const labels = (id: string, { tag }: Keeping) =>
      this.phone
        .items(id)
        .map((it) => itemText(it, tag) ?? '')
        .sort();
    return new Map([
      ...KEEPINGS.map((it) => [it.collection, labels(this.#folder(it), it)] as const),
      [OTHER_CALENDAR, labels(this.#otherCalendar, EVENTS)],
    ]);
  }

  async #live(): Promise<void> {
    const { random, failures } = this.#options;
    while (!this.#isStopping) {
      try {
        await pause(random.between(...THINK_MS));
        const chance = random.number();
        if (chance < 0.15) await this.#wait();
        else if (chance < 0.45) await this.#add();
        else if (chance < 0.65) await this.#change();
        else if (chance < 0.8) await this.#delete();
        else if (chance < 0.9) await this.#move();
        else if (chance < 0.95) await this.#leaveOut();
        else await this.#syncAll(random.pick(KEEPINGS));
      } catch (thrown) {
        failures.push(`${this.user}: ${reasonOf(thrown)}`);
        if (failures.length > 50) return;
      }
    }
  }

  #folder({ folderType }: Keeping): string {
    return this.phone.folder(folderType).serverId;
  }

  get #otherCalendar(): string {
    return Object.values(this.phone.state.folders).find((it) => it.displayName === OTHER_CALENDAR)?.serverId ?? '';
  }

  /** One that nobody has done anything with yet. */
  #untouched(keeping: Keeping, isWanted: (label: string) => boolean = () => true): DeviceItem | undefined {
    const { random, ledger } = this.#options;
    const items = this.phone.items(this.#folder(keeping)).filter((it) => isWanted(itemText(it, keeping.tag) ?? ''));
    const from = Math.floor(random.number() * items.length);
    return [...items.slice(from), ...items.slice(0, from)].find((it) => ledger.touch(itemText(it, keeping.tag)));
  }

  async #wait(): Promise<void> {
    const folders = KEEPINGS.map((it) => ({ id: this.#folder(it), itemClass: it.itemClass }));
    this.isWaiting = true;
    try {
      const ping = () => this.phone.ping({ heartbeatSeconds: HEARTBEAT_SECONDS, folders });
      const { status } = await this.#answered('Ping', ping, (it) => [it.status === PING_AGAIN ? 111 : it.status]);
      if (!PING_DONE.includes(status)) throw new Error(`Ping was answered ${status}`);
    } finally {
      this.isWaiting = false;
    }
    for (const keeping of KEEPINGS) await this.#syncAll(keeping);
  }

  async #syncAll(keeping: Keeping): Promise<void> {
    await this.#answered('Sync', () => this.phone.syncAll({ collectionId: this.#folder(keeping) }));
  }

  async #add(): Promise<void> {
    const { random, name, ledger } = this.#options;
    const keeping = random.pick(KEEPINGS);
    const hasGuest = keeping === EVENTS && random.chance(0.4);
    const label = name(hasGuest ? 'Meeting' : keeping.itemClass);
    const data = keeping.data(label, hasGuest ? GUEST : undefined);
    await this.#command(keeping, 'Add', { kind: 'add', clientId: label, data });
    ledger.now(label, { collection: keeping.collection });
    if (!hasGuest) return;
    ledger.withGuests.add(label);
    ledger.told(label);
  }

  async #change(): Promise<void> {
    const { random, ledger } = this.#options;
    const keeping = random.pick(KEEPINGS);
    const item = this.#untouched(keeping);
    if (!item) return;
    const label = itemText(item, keeping.tag) ?? '';
    const changed = `${label}-changed`;
    const data = [element(keeping.tag, changed), ...(keeping === EVENTS ? EVENT_TIMES : [])];
    await this.#command(keeping, 'Change', { kind: 'change', serverId: item.serverId, data });
    ledger.now(label, { collection: undefined });
    ledger.now(changed, { collection: keeping.collection });
    ledger.touch(changed);
    if (ledger.withGuests.has(label)) ledger.told(`Updated: ${changed}`);
  }

  async #delete(): Promise<void> {
    const { random, ledger } = this.#options;
    const keeping = random.pick(KEEPINGS);
    const item = this.#untouched(keeping);
    if (!item) return;
    const label = itemText(item, keeping.tag) ?? '';
    await this.#command(keeping, 'Delete', { kind: 'delete', serverId: item.serverId });
    ledger.now(label, { collection: undefined });
    if (ledger.withGuests.has(label)) ledger.told(`Cancelled: ${label}`);
  }

  /** An occurrence of a weekly event. */
  async #leaveOut(): Promise<void> {
    const item = this.#untouched(EVENTS, (label) => label.startsWith(EVENTS.itemClass));
    if (!item) return;
    const instanceId = SECOND_OCCURRENCE;
    await this.#command(EVENTS, 'Delete', { kind: 'delete', serverId: item.serverId, instanceId });
    this.#options.ledger.now(itemText(item, EVENTS.tag) ?? '', { collection: EVENTS.collection, hasGap: true });
  }

  async #move(): Promise<void> {
    const item = this.#untouched(EVENTS);
    if (!item) return;
    const sourceFolderId = this.#folder(EVENTS);
    const move = { serverId: item.serverId, sourceFolderId, destinationFolderId: this.#otherCalendar };
    const [result] = await this.#answered('MoveItems', () => this.phone.moveItems(move));
    if (result?.status !== MOVED) throw new Error(`MoveItems was answered ${result?.status}`);
    this.#options.ledger.now(itemText(item, EVENTS.tag) ?? '', { collection: OTHER_CALENDAR });
  }

  async #command(keeping: Keeping, name: string, command: SyncCommand): Promise<void> {
    const request = { collectionId: this.#folder(keeping), commands: [command] };
    const statuses = (answer: CollectionAnswer | undefined) => [
      answer?.status,
      ...(answer?.results ?? []).map((it) => it.status),
    ];
    const answer = await this.#answered(name, () => this.phone.sync(request), statuses);
    const bad = statuses(answer).find((it) => (it ?? 1) !== 1);
    if (bad !== undefined) throw new Error(`${name} in ${keeping.collection} was answered ${bad}`);
  }

  async #answered<T>(command: string, run: () => Promise<T>, statuses?: (result: T) => Statuses): Promise<T> {
    const result = await answered(run, (status) => this.#options.onAgain(command, status), statuses);
    this.commands++;
    return result;
  }
}

const EVENT_TIMES = [
  element('Calendar:StartTime', '20261201T090000Z'),
  element('Calendar:EndTime', '20261201T100000Z'),
];

const pause = (delayMs: number) => new Promise((done) => setTimeout(done, delayMs));
