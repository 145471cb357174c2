/** A device in the words of the engine: it applies what it is told to what it holds, and keeps its keys. */
import type { FetchedMessage } from '../../../lib/backends/index.ts';
import type {
  ClientCommand,
  CollectionAnswer,
  CollectionOptions,
  CollectionRequest,
  DeviceSync,
  Renderer,
  SyncFolder,
  UserSync,
} from '../../../lib/sync/index.ts';

export interface PhoneItem {
  readonly subject: string;
  readonly flags: string;
}

export const ALL_MAIL: CollectionOptions = { filterDays: undefined, conflict: 'server', rendering: { body: 1 } };

export const renderer: Renderer<PhoneItem> = { plan: () => [{ path: '1' }], render: itemOf };

export function itemOf(message: FetchedMessage): PhoneItem {
  const subject = /^Subject: (.*)\r$/m.exec(Buffer.from(message.header).toString('latin1'))?.[1] ?? '';
  return { subject, flags: [...message.flags].sort().join(' ') };
}

export type Answer = Extract<CollectionAnswer<PhoneItem>, { kind: 'answer' }>;

export interface SyncWish {
  readonly commands?: readonly ClientCommand[];
  readonly windowSize?: number;
  readonly options?: CollectionOptions | undefined;
  readonly getChanges?: boolean;
  readonly syncKey?: string;
  readonly deletesAsMoves?: boolean;
  readonly renderer?: Renderer<PhoneItem>;
}

/** One collection on a phone. */
export class PhoneCollection {
  readonly device: DeviceSync;
  readonly folder: SyncFolder;
  readonly items = new Map<string, PhoneItem>();
  key = '0';
  options: CollectionOptions | undefined = ALL_MAIL;

  constructor(device: DeviceSync, folder: SyncFolder) {
    this.device = device;
    this.folder = folder;
  }

  static async of(user: UserSync, deviceId: string, kind: SyncFolder['kind'] = 'inbox'): Promise<PhoneCollection> {
    const folder = await user.folderOfKind(kind);
    if (!folder) throw new Error(`there is no ${kind}`);
    return new PhoneCollection(user.device(deviceId), folder);
  }

  request(wish: SyncWish = {}): CollectionRequest {
    const syncKey = wish.syncKey ?? this.key;
    return {
      collectionId: this.folder.id,
      syncKey,
      getChanges: wish.getChanges ?? syncKey !== '0',
      windowSize: wish.windowSize ?? 100,
      options: 'options' in wish ? wish.options : this.options,
      deletesAsMoves: wish.deletesAsMoves ?? true,
      commands: wish.commands ?? [],
    };
  }

  /** The answer as it comes, not applied: as if it were lost. */
  async ask(wish: SyncWish = {}): Promise<CollectionAnswer<PhoneItem>> {
    return this.device.syncCollection(this.request(wish), wish.renderer ?? renderer);
  }

  async sync(wish: SyncWish = {}): Promise<Answer> {
    const answer = await this.ask(wish);
    if (answer.kind !== 'answer') throw new Error(`refused: ${answer.reason}`);
    this.apply(answer);
    return answer;
  }

  apply(answer: Answer): void {
    this.key = answer.syncKey;
    for (const change of answer.changes) {
      if (change.kind === 'add' || change.kind === 'change') this.items.set(change.serverId, change.item);
      else this.items.delete(change.serverId);
    }
  }

  /** From nothing to everything. */
  async prime(wish: SyncWish = {}): Promise<void> {
    await this.sync({ ...wish, syncKey: '0', getChanges: false });
    await this.drain(wish);
  }

  /** Until there is nothing more. The number of answers with content. */
  async drain(wish: SyncWish = {}): Promise<number> {
    for (let answers = 0; answers < 10_000; answers++) {
      const answer = await this.sync(wish);
      if (!answer.moreAvailable) return answer.changed ? answers + 1 : answers;
    }
    throw new Error('it never ends');
  }
}

let serial = 0;

export function setRead(serverId: string, read = true): ClientCommand {
  return { kind: 'change', serverId, change: { read }, digest: `read ${serverId} ${read}` };
}

export function remove(serverId: string): ClientCommand {
  return { kind: 'delete', serverId, digest: `delete ${serverId}` };
}

export function addDraft(subject: string, clientId = `c${++serial}`): ClientCommand {
  return {
    kind: 'add',
    clientId,
    digest: `add ${clientId} ${subject}`,
    flags: ['\\Draft', '\\Seen'],
    message: () => Buffer.from(`Subject: ${subject}\r\n\r\nDraft\r\n`),
  };
}
