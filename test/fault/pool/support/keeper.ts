/** Somebody who keeps appointments, contacts and tasks on a phone: they make, change, move and delete, one thing after another. */
import {
  type CollectionAnswer,
  type DeviceItem,
  itemText,
  type SyncCommand,
} from '../../../../lib/activesync/client/index.ts';
import { element } from '../../../../lib/activesync/index.ts';
import { answered } from '../../support/again.ts';
import { Somebody } from '../../support/somebody.ts';
import type { KeepingsLedger } from './keepings-ledger.ts';
import { EVENTS, type Keeping, KEEPINGS, OTHER_CALENDAR, SECOND_OCCURRENCE } from './keepings.ts';

const HEARTBEAT_SECONDS = 60;
const GUEST = 'carol@elsewhere.example';
/** MS-ASCMD 2.2.3.177.11, 2.2.3.177.10 */
const PING_DONE: readonly number[] = [1, 2];
const PING_AGAIN = 8;
const MOVED = 3;

export class Keeper extends Somebody<KeepingsLedger> {
  /** Everything, until there is no more. */
  async sync(): Promise<void> {
    await answered(() => this.phone.folderSync());
    for (const collectionId of [...KEEPINGS.map((it) => this.#folder(it)), this.#otherCalendar]) {
      await answered(() => this.phone.syncAll({ collectionId }));
    }
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

  protected async act(chance: number): Promise<void> {
    if (chance < 0.15) await this.#wait();
    else if (chance < 0.45) await this.#add();
    else if (chance < 0.65) await this.#change();
    else if (chance < 0.8) await this.#delete();
    else if (chance < 0.9) await this.#move();
    else if (chance < 0.95) await this.#leaveOut();
    else await this.#syncAll(this.options.random.pick(KEEPINGS));
  }

  #folder({ folderType }: Keeping): string {
    return this.phone.folder(folderType).serverId;
  }

  get #otherCalendar(): string {
    return Object.values(this.phone.state.folders).find((it) => it.displayName === OTHER_CALENDAR)?.serverId ?? '';
  }

  /** One that nobody has done anything with yet. */
  #untouched(keeping: Keeping, isWanted: (label: string) => boolean = () => true): DeviceItem | undefined {
    const { random, ledger } = this.options;
    const items = this.phone.items(this.#folder(keeping)).filter((it) => isWanted(itemText(it, keeping.tag) ?? ''));
    const from = Math.floor(random.number() * items.length);
    return [...items.slice(from), ...items.slice(0, from)].find((it) => ledger.touch(itemText(it, keeping.tag)));
  }

  async #wait(): Promise<void> {
    const folders = KEEPINGS.map((it) => ({ id: this.#folder(it), itemClass: it.itemClass }));
    await this.waiting(async () => {
      const ping = () => this.phone.ping({ heartbeatSeconds: HEARTBEAT_SECONDS, folders });
      const { result } = await this.command('Ping', ping, (it) => [it.status === PING_AGAIN ? 111 : it.status]);
      if (!PING_DONE.includes(result.status)) throw new Error(`Ping was answered ${result.status}`);
    });
    for (const keeping of KEEPINGS) await this.#syncAll(keeping);
  }

  async #syncAll(keeping: Keeping): Promise<void> {
    await this.command('Sync', () => this.phone.syncAll({ collectionId: this.#folder(keeping) }));
  }

  async #add(): Promise<void> {
    const { random, name, ledger } = this.options;
    const keeping = random.pick(KEEPINGS);
    const hasGuest = keeping === EVENTS && random.chance(0.4);
    const label = name(hasGuest ? 'Meeting' : keeping.itemClass);
    const data = keeping.data(label, hasGuest ? GUEST : undefined);
    const brokenOff = await this.#edit(keeping, 'Add', { kind: 'add', clientId: label, data });
    ledger.now(label, { collection: keeping.collection });
    if (!hasGuest) return;
    ledger.withGuests.add(label);
    ledger.told.sent(label, brokenOff);
  }

  async #change(): Promise<void> {
    const { random, ledger } = this.options;
    const keeping = random.pick(KEEPINGS);
    const item = this.#untouched(keeping);
    if (!item) return;
    const label = itemText(item, keeping.tag) ?? '';
    const changed = `${label}-changed`;
    const data = [element(keeping.tag, changed), ...(keeping === EVENTS ? EVENT_TIMES : [])];
    const brokenOff = await this.#edit(keeping, 'Change', { kind: 'change', serverId: item.serverId, data });
    ledger.now(label, { collection: undefined });
    ledger.now(changed, { collection: keeping.collection });
    ledger.touch(changed);
    if (ledger.withGuests.has(label)) ledger.told.sent(`Updated: ${changed}`, brokenOff);
  }

  async #delete(): Promise<void> {
    const { random, ledger } = this.options;
    const keeping = random.pick(KEEPINGS);
    const item = this.#untouched(keeping);
    if (!item) return;
    const label = itemText(item, keeping.tag) ?? '';
    const brokenOff = await this.#edit(keeping, 'Delete', { kind: 'delete', serverId: item.serverId });
    ledger.now(label, { collection: undefined });
    if (ledger.withGuests.has(label)) ledger.told.sent(`Cancelled: ${label}`, brokenOff);
  }

  /** An occurrence of a weekly event. */
  async #leaveOut(): Promise<void> {
    const item = this.#untouched(EVENTS, (label) => label.startsWith(EVENTS.itemClass));
    if (!item) return;
    const instanceId = SECOND_OCCURRENCE;
    await this.#edit(EVENTS, 'Delete', { kind: 'delete', serverId: item.serverId, instanceId });
    this.options.ledger.now(itemText(item, EVENTS.tag) ?? '', { collection: EVENTS.collection, hasGap: true });
  }

  async #move(): Promise<void> {
    const item = this.#untouched(EVENTS);
    if (!item) return;
    const sourceFolderId = this.#folder(EVENTS);
    const move = { serverId: item.serverId, sourceFolderId, destinationFolderId: this.#otherCalendar };
    const { result } = await this.command('MoveItems', () => this.phone.moveItems(move));
    if (result[0]?.status !== MOVED) throw new Error(`MoveItems was answered ${result[0]?.status}`);
    this.options.ledger.now(itemText(item, EVENTS.tag) ?? '', { collection: OTHER_CALENDAR });
  }

  /** Tells how many attempts of it broke off. */
  async #edit(keeping: Keeping, name: string, command: SyncCommand): Promise<number> {
    const request = { collectionId: this.#folder(keeping), commands: [command] };
    const statuses = (answer: CollectionAnswer | undefined) => [
      answer?.status,
      ...(answer?.results ?? []).map((it) => it.status),
    ];
    const { result, brokenOff } = await this.command(name, () => this.phone.sync(request), statuses);
    const bad = statuses(result).find((it) => (it ?? 1) !== 1);
    if (bad !== undefined) throw new Error(`${name} in ${keeping.collection} was answered ${bad}`);
    return brokenOff;
  }
}

const EVENT_TIMES = [
  element('Calendar:StartTime', '20261201T090000Z'),
  element('Calendar:EndTime', '20261201T100000Z'),
];
