// A user and device that say what a test scripts: for what the real parts cannot be brought to do, faults above all.
import type { Mailbox } from '../../../../lib/backends/index.ts';
import { standaloneLease } from '../../../../lib/pool/index.ts';
import type {
  Completion,
  DeviceRecord,
  DeviceSync,
  SyncFolder,
  TicketRequest,
  UserSync,
  WaitingRoom,
} from '../../../../lib/sync/index.ts';

export const INBOX: SyncFolder = {
  id: '1',
  parentId: '0',
  name: 'Inbox',
  kind: 'inbox',
  itemClass: 'Email',
  backendId: 'INBOX',
};
export const DRAFTS: SyncFolder = { ...INBOX, id: '2', name: 'Drafts', kind: 'drafts', backendId: 'Drafts' };
export const TRASH: SyncFolder = { ...INBOX, id: '3', name: 'Trash', kind: 'trash', backendId: 'Trash' };
export const CALENDAR: SyncFolder = {
  ...INBOX,
  id: '4',
  name: 'Calendar',
  kind: 'calendar',
  itemClass: 'Calendar',
  backendId: undefined,
};
export const FAKE_FOLDERS: readonly SyncFolder[] = [INBOX, DRAFTS, TRASH, CALENDAR];

export class FakeWaitingRoom implements WaitingRoom {
  readonly open_ = new Map<string, TicketRequest>();
  #last = 0;

  get size(): number {
    return this.open_.size;
  }

  devices(): ReadonlySet<string> {
    return new Set([...this.open_.values()].map(({ deviceId }) => deviceId));
  }

  open<A>(request: TicketRequest<A>): string {
    const ticket = `ticket${++this.#last}`;
    this.open_.set(ticket, request);
    return ticket;
  }

  close(ticket: string): void {
    this.open_.delete(ticket);
  }

  onCompletion(): void {}

  /** What becomes of the ticket when these collections change. */
  change(ticket: string, collectionIds: readonly string[], hierarchy = false): Completion {
    return this.#request(ticket).changed(collectionIds, hierarchy);
  }

  supersede(ticket: string): Completion {
    return this.#request(ticket).superseded();
  }

  #request(ticket: string): TicketRequest {
    const request = this.open_.get(ticket);
    if (!request) throw new Error(`${ticket} is not open`);
    return request;
  }
}

export interface FakeUser {
  readonly user: UserSync;
  readonly waiting: FakeWaitingRoom;
  /** Every saveRecord, in order. */
  readonly saved: Partial<DeviceRecord>[];
}

/** Methods that are not scripted fail the test that calls them. */
export function fakeUser(
  script: {
    readonly device?: Partial<DeviceSync>;
    readonly user?: Partial<UserSync>;
    readonly folders?: readonly SyncFolder[];
    readonly record?: Partial<DeviceRecord>;
  } = {},
): FakeUser {
  const waiting = new FakeWaitingRoom();
  const saved: Partial<DeviceRecord>[] = [];
  const folders = script.folders ?? FAKE_FOLDERS;
  let record: DeviceRecord | undefined = script.record && { ...RECORD, ...script.record };
  const device = unscripted<DeviceSync>('device', {
    deviceId: 'phone1',
    record: () => Promise.resolve(record),
    saveRecord: (changes) => {
      saved.push(changes);
      record = { ...RECORD, ...record, ...changes };
      return Promise.resolve(record);
    },
    rememberedOptions: () => Promise.resolve(undefined),
    watchState: () => Promise.resolve('quiet'),
    hasMore: () => Promise.resolve(false),
    lastSync: undefined,
    ...script.device,
  });
  const user = unscripted<UserSync>('user', {
    account: { user: 'ada', addresses: ['ada@example.org'] },
    mailbox: { capabilities: { canAutoReply: false } } as Mailbox,
    lease: standaloneLease('ada', 'session1'),
    waiting,
    device: () => device,
    folders: () => Promise.resolve(folders),
    folder: (id) => Promise.resolve(folders.find((it) => it.id === id)),
    folderOfKind: (kind) => Promise.resolve(folders.find((it) => it.kind === kind)),
    makeFolderOfKind: (kind) => Promise.resolve(folders.find((it) => it.kind === kind)),
    serverIdOf: (folder, uid) => `${folder.id}:${uid}`,
    ...script.user,
  });
  return { user, waiting, saved };
}

const RECORD: DeviceRecord = {
  id: 'phone1',
  user: 'ada',
  type: 'TestPhone',
  userAgent: undefined,
  protocolVersion: '16.1',
  policyKey: undefined,
  pendingPolicyKey: undefined,
  policyDigest: undefined,
  access: 'allowed',
  wipe: 'none',
  wipeKind: undefined,
  information: {},
  recoveryPassword: undefined,
  ping: undefined,
  lastSeen: 0,
  firstSeen: 0,
};

function unscripted<T extends object>(what: string, scripted: Partial<T>): T {
  return new Proxy(scripted, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name in target || name === 'then') return value;
      throw new Error(`${what}.${String(name)} is not scripted in this test`);
    },
  }) as T;
}
