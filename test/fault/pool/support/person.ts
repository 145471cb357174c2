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
import { answered } from '../../support/again.ts';
import { letterFrom } from '../../support/scenarios.ts';
import { LOOK, syncEverything } from '../../support/settle.ts';
import { Somebody, type SomebodyOptions } from '../../support/somebody.ts';
import type { Ledger } from './ledger.ts';

const HEARTBEAT_SECONDS = 60;
/** MS-ASCMD 2.2.3.177.11: Ping's way of asking for the same again. */
const PING_AGAIN = 8;
/** The mail system could not now (MS-ASCMD 2.2.3.177.10); where that is for good, patience ends. */
const MOVE_AGAIN = 7;
const WORK = 'Work';
const FLAG = element('Email:Flag', element('Email:Status', '2'), element('Email:FlagType', 'Flag for follow up'));

export class Person extends Somebody<Ledger> {
  /** Half of the phones wait with Ping, half with Sync. */
  readonly #pings: boolean;

  constructor(options: SomebodyOptions<Ledger>) {
    super(options);
    this.#pings = options.random.number() < 0.5;
  }

  /** The first Syncs. */
  async begin(): Promise<void> {
    await answered(() => this.phone.folderSync());
    const names = Object.values(this.phone.state.folders).map((it) => it.displayName);
    const work = { parentId: '0', displayName: WORK, type: FolderType.userMail };
    if (!names.includes(WORK)) await answered(() => this.phone.folderCreate(work));
    await answered(() => syncEverything(this.phone));
  }

  protected async act(chance: number): Promise<void> {
    if (chance < 0.3) await this.#wait();
    else if (chance < 0.5) await this.#mark();
    else if (chance < 0.65) await this.#move();
    else if (chance < 0.8) await this.#delete();
    else if (chance < 0.9) await this.#send();
    else await this.#syncInbox();
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
    const from = Math.floor(this.options.random.number() * items.length);
    return [...items.slice(from), ...items.slice(0, from)].find((it) => this.options.ledger.touch(subjectOf(it)));
  }

  async #wait(): Promise<void> {
    const collectionId = this.#inbox;
    await this.waiting(async () => {
      if (this.#pings) {
        const folders = [{ id: collectionId, itemClass: 'Email' }];
        const ping = () => this.phone.ping({ heartbeatSeconds: HEARTBEAT_SECONDS, folders });
        const { result } = await this.command('Ping', ping, (it) => [it.status === PING_AGAIN ? 111 : it.status]);
        if (result.status !== 1 && result.status !== 2) throw new Error(`Ping was answered ${result.status}`);
        return;
      }
      const collections = [{ collectionId, ...LOOK }];
      const wait = () => this.phone.syncMany({ collections, heartbeatSeconds: HEARTBEAT_SECONDS });
      const statuses = (it: SyncAnswer) => [it.status, ...it.collections.map((one) => one.status)];
      const { result } = await this.command('Sync', wait, statuses);
      const bad = statuses(result).find((it) => it !== undefined && it !== 1);
      if (bad !== undefined) throw new Error(`a waiting Sync was answered ${bad}`);
    });
    await this.#syncInbox();
  }

  async #syncInbox(): Promise<void> {
    await this.command('Sync', () => this.phone.syncAll({ collectionId: this.#inbox, ...LOOK }));
  }

  async #mark(): Promise<void> {
    const item = this.#untouched();
    if (item === undefined) return;
    await this.#sync('Change', [{ kind: 'change', serverId: item.serverId, data: [element('Email:Read', '1'), FLAG] }]);
    this.options.ledger.now(subjectOf(item) ?? '', { folder: 'INBOX', isSeen: true, isFlagged: true });
  }

  async #delete(): Promise<void> {
    const item = this.#untouched();
    if (item === undefined) return;
    const deletesAsMoves = this.options.random.number() < 0.5;
    await this.#sync('Delete', [{ kind: 'delete', serverId: item.serverId }], deletesAsMoves);
    this.options.ledger.now(subjectOf(item) ?? '', { folder: deletesAsMoves ? 'Trash' : undefined });
  }

  async #move(): Promise<void> {
    const item = this.#untouched();
    if (item === undefined) return;
    const move = { serverId: item.serverId, sourceFolderId: this.#inbox, destinationFolderId: this.#work };
    const { result } = await this.command(
      'MoveItems',
      () => this.phone.moveItems(move),
      (results) => results.map((it) => (it.status === MOVE_AGAIN ? 111 : it.status)),
    );
    if (result[0]?.status !== 3) throw new Error(`MoveItems was answered ${result[0]?.status}`);
    this.options.ledger.now(subjectOf(item) ?? '', { folder: WORK });
  }

  async #send(): Promise<void> {
    const subject = this.options.name('sent');
    const mime = await letterFrom(this.user, subject);
    const { brokenOff } = await this.command('SendMail', () => this.phone.sendMail({ mime, clientId: subject }));
    this.options.ledger.sent(subject, brokenOff);
  }

  async #sync(
    name: string,
    commands: NonNullable<Parameters<DeviceClient['sync']>[0]['commands']>,
    deletesAsMoves?: boolean,
  ): Promise<void> {
    const request = { collectionId: this.#inbox, commands, ...LOOK };
    const statuses = (answer: CollectionAnswer | undefined) => [
      answer?.status,
      ...(answer?.results ?? []).map((it) => it.status),
    ];
    const { result } = await this.command(
      name,
      () => this.phone.sync(deletesAsMoves === undefined ? request : { ...request, deletesAsMoves }),
      statuses,
    );
    const bad = statuses(result).find((it) => (it ?? 1) !== 1);
    if (bad !== undefined) throw new Error(`${name} was answered ${bad}`);
  }
}

const subjectOf = (item: DeviceItem): string | undefined => itemText(item, 'Email:Subject');
