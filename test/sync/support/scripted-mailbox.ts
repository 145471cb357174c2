/**
 * A mailbox in memory whose every move a test decides: what arrives and goes, when a call fails, whether there is CONDSTORE.
 * For faults and for thousands of cases a second; the contract suite's real mail systems are used where neither is needed.
 */
import {
  type Account,
  BackendError,
  type Envelope,
  type FetchedMessage,
  type FetchPlan,
  type Folder,
  type FolderChanges,
  type FolderEvent,
  type FolderKind,
  type FolderPosition,
  type Hit,
  type Mailbox,
  type MessageFlags,
  type Part,
  type SearchQuery,
  UidRuns,
  type Watch,
} from '../../../lib/backends/index.ts';

export interface ScriptedMessage {
  uid: number;
  flags: string[];
  readonly receivedAt: Date;
  readonly bytes: Buffer;
  modseq: number;
}

interface ScriptedFolder {
  folder: Folder;
  validity: number;
  nextUid: number;
  modseq: number;
  readonly messages: Map<number, ScriptedMessage>;
  /** MODSEQ → the UID that vanished then. */
  readonly vanished: { uid: number; modseq: number }[];
}

export interface ScriptOptions {
  readonly hasCondstore?: boolean;
  readonly canPush?: boolean;
  readonly folders?: readonly { readonly name: string; readonly kind: FolderKind }[];
}

export const USUAL_FOLDERS = [
  { name: 'INBOX', kind: 'inbox' },
  { name: 'Drafts', kind: 'drafts' },
  { name: 'Sent', kind: 'sent' },
  { name: 'Trash', kind: 'trash' },
] as const;

/** So high that a MODSEQ which went back does not catch up unnoticed. */
const FIRST_MODSEQ = 2 ** 40;

type Call = Exclude<keyof Mailbox, 'account' | 'capabilities'>;

export class ScriptedMailbox implements Mailbox {
  readonly account: Account = { user: 'ada', addresses: ['ada@example.org'], displayName: 'Ada' };
  readonly capabilities;
  /** How often each method was called. */
  readonly calls = new Map<string, number>();
  readonly submitted: { envelope: Envelope; message: Buffer }[] = [];
  isClosed = false;
  /** Called before (`isDone` false) and after each method; throw to fail it then. */
  fault: ((call: Call, isDone: boolean) => void) | undefined;
  readonly #folders = new Map<string, ScriptedFolder>();
  #nextValidity = 100;
  #serial = 0;
  readonly #listeners = new Set<(event: FolderEvent) => void>();
  watched: readonly string[] = [];

  constructor(options: ScriptOptions = {}) {
    const hasCondstore = options.hasCondstore ?? true;
    this.capabilities = {
      hasCondstore,
      hasQresync: hasCondstore,
      canPush: options.canPush ?? true,
      canSearch: true,
      hasKeywords: true,
      canAutoReply: false,
    };
    for (const { name, kind } of options.folders ?? USUAL_FOLDERS) this.#make(name, undefined, kind);
  }

  // What happens to the mailbox from elsewhere.

  deliver(folderId = 'INBOX', options: { flags?: readonly string[]; receivedAt?: Date; text?: string } = {}): number {
    const folder = this.#folder(folderId);
    const uid = folder.nextUid++;
    const serial = options.text === undefined ? ++this.#serial : 0;
    const text = options.text ?? `Subject: message ${serial}\r\nMessage-ID: <${serial}@test>\r\n\r\nText ${serial}\r\n`;
    folder.messages.set(uid, {
      uid,
      flags: [...(options.flags ?? [])],
      receivedAt: options.receivedAt ?? new Date(Date.UTC(2026, 0, 15, 8)),
      bytes: Buffer.from(text, 'latin1'),
      modseq: ++folder.modseq,
    });
    this.#tell(folderId);
    return uid;
  }

  expunge(uid: number, folderId = 'INBOX'): void {
    const folder = this.#folder(folderId);
    if (folder.messages.delete(uid)) folder.vanished.push({ uid, modseq: ++folder.modseq });
    this.#tell(folderId);
  }

  flag(uid: number, change: { add?: readonly string[]; remove?: readonly string[] }, folderId = 'INBOX'): void {
    const folder = this.#folder(folderId);
    const message = folder.messages.get(uid);
    if (!message) return;
    const flags = message.flags.filter((flag) => !change.remove?.includes(flag));
    for (const flag of change.add ?? []) if (!flags.includes(flag)) flags.push(flag);
    message.flags = flags;
    message.modseq = ++folder.modseq;
    this.#tell(folderId);
  }

  /** The mailbox is made anew: every UID loses its meaning, and numbering begins again. */
  recreate(folderId = 'INBOX'): void {
    const folder = this.#folder(folderId);
    const messages = [...folder.messages.values()];
    folder.messages.clear();
    folder.vanished.length = 0;
    folder.validity = this.#nextValidity++;
    folder.nextUid = 1;
    folder.modseq = FIRST_MODSEQ;
    for (const message of messages) {
      const uid = folder.nextUid++;
      folder.messages.set(uid, { ...message, uid, modseq: ++folder.modseq });
    }
    this.#tell(folderId);
  }

  /** Restored from an older backup: MODSEQ goes back, UIDs stay. */
  rewindModseq(folderId = 'INBOX'): void {
    const folder = this.#folder(folderId);
    folder.modseq = Math.floor(folder.modseq / 2);
    folder.vanished.length = 0;
    for (const message of folder.messages.values()) message.modseq = folder.modseq;
    this.#tell(folderId);
  }

  addFolder(name: string, kind: FolderKind = 'user', parentId?: string): Folder {
    const folder = this.#make(name, parentId, kind);
    this.#emit({ kind: 'hierarchy' });
    return folder;
  }

  dropFolder(id: string): void {
    this.#folders.delete(id);
    this.#emit({ kind: 'hierarchy' });
  }

  messages(folderId = 'INBOX'): readonly ScriptedMessage[] {
    return [...this.#folder(folderId).messages.values()];
  }

  hasFolder(id: string): boolean {
    return this.#folders.has(id);
  }

  emit(event: FolderEvent): void {
    this.#emit(event);
  }

  get callCount(): number {
    return [...this.calls.values()].reduce((sum, count) => sum + count, 0);
  }

  // The interface.

  folders(): Promise<readonly Folder[]> {
    return this.#do('folders', () => [...this.#folders.values()].map(({ folder }) => folder));
  }

  createFolder(name: string, parentId: string | undefined, kind: FolderKind = 'user'): Promise<Folder> {
    return this.#do('createFolder', () => this.#make(name, parentId, kind));
  }

  renameFolder(id: string, name: string, parentId: string | undefined): Promise<Folder> {
    return this.#do('renameFolder', () => {
      const renamed = parentId === undefined ? name : `${parentId}/${name}`;
      if (this.#folders.has(renamed)) throw new BackendError('already-exists', 'it exists');
      for (const [oldId, folder] of this.#folders) {
        if (oldId !== id && !oldId.startsWith(`${id}/`)) continue;
        const newId = renamed + oldId.slice(id.length);
        const parent = oldId === id ? parentId : newId.slice(0, newId.lastIndexOf('/'));
        this.#folders.delete(oldId);
        folder.folder = { ...folder.folder, id: newId, parentId: parent, ...(oldId === id && { name }) };
        this.#folders.set(newId, folder);
      }
      return this.#folder(renamed).folder;
    });
  }

  deleteFolder(id: string): Promise<void> {
    return this.#do('deleteFolder', () => {
      this.#folder(id);
      for (const each of this.#folders.keys()) if (each === id || each.startsWith(`${id}/`)) this.#folders.delete(each);
    });
  }

  changes(folderId: string, since?: FolderPosition, arrivedAfter?: Date): Promise<FolderChanges> {
    return this.#do('changes', () => {
      const folder = this.#folder(folderId);
      const { hasCondstore } = this.capabilities;
      const sinceModseq = since?.modseq === undefined ? undefined : Number(since.modseq);
      const isUsable =
        since !== undefined &&
        since.validity === String(folder.validity) &&
        !(hasCondstore && sinceModseq !== undefined && sinceModseq > folder.modseq);
      const inRange = [...folder.messages.values()].filter(
        (message) => arrivedAfter === undefined || message.receivedAt >= arrivedAfter,
      );
      const validity = String(folder.validity);
      const modseq = hasCondstore ? String(folder.modseq) : undefined;
      if (!isUsable) return { validity, modseq, complete: true, messages: inRange.map(state), vanished: UidRuns.empty };
      const known = since.known;
      const told = new Map(inRange.filter(({ uid }) => !known.has(uid)).map((message) => [message.uid, message]));
      for (const message of folder.messages.values()) {
        const mayDiffer = !hasCondstore || sinceModseq === undefined || message.modseq > sinceModseq;
        if (known.has(message.uid) && mayDiffer) told.set(message.uid, message);
      }
      const vanished = UidRuns.of([...known].filter((uid) => !folder.messages.has(uid)));
      return { validity, modseq, complete: false, messages: [...told.values()].map(state), vanished };
    });
  }

  fetch(folderId: string, uids: readonly number[], plan: FetchPlan): Promise<readonly FetchedMessage[]> {
    return this.#do('fetch', () =>
      uids.flatMap((uid) => {
        const message = this.#folder(folderId).messages.get(uid);
        return message ? [fetched(message, plan)] : [];
      }),
    );
  }

  updateFlags(
    folderId: string,
    uids: readonly number[],
    change: { readonly add?: MessageFlags; readonly remove?: MessageFlags },
    validity?: string,
  ): Promise<readonly number[]> {
    return this.#do('updateFlags', () => {
      if (!this.#isMeant(folderId, validity)) return [];
      const there = uids.filter((uid) => this.#folder(folderId).messages.has(uid));
      for (const uid of there) this.flag(uid, change, folderId);
      return there;
    });
  }

  move(
    folderId: string,
    uids: readonly number[],
    targetId: string,
    validity?: string,
  ): Promise<ReadonlyMap<number, number>> {
    return this.#do('move', () => {
      this.#folder(targetId);
      const moved = new Map<number, number>();
      if (!this.#isMeant(folderId, validity)) return moved;
      for (const uid of uids) {
        const message = this.#folder(folderId).messages.get(uid);
        if (!message) continue;
        const { flags, receivedAt, bytes } = message;
        moved.set(uid, this.deliver(targetId, { flags, receivedAt, text: bytes.toString('latin1') }));
        this.expunge(uid, folderId);
      }
      return moved;
    });
  }

  remove(folderId: string, uids: readonly number[], validity?: string): Promise<void> {
    return this.#do('remove', () => {
      if (!this.#isMeant(folderId, validity)) return;
      for (const uid of uids) this.expunge(uid, folderId);
    });
  }

  append(
    folderId: string,
    message: Uint8Array,
    options: { readonly flags: MessageFlags; readonly receivedAt?: Date },
  ): Promise<{ readonly uid: number; readonly validity: string }> {
    return this.#do('append', () => {
      const text = Buffer.from(message).toString('latin1');
      const uid = this.deliver(folderId, { ...options, text });
      return { uid, validity: String(this.#folder(folderId).validity) };
    });
  }

  findMessageId(folderId: string, messageId: string): Promise<readonly number[]> {
    return this.#do('findMessageId', () =>
      this.messages(folderId)
        .filter(({ bytes }) => bytes.toString('latin1').includes(`Message-ID: ${messageId}\r\n`))
        .map(({ uid }) => uid),
    );
  }

  search(folderIds: readonly string[], query: SearchQuery, limit: number): Promise<readonly Hit[]> {
    return this.#do('search', () =>
      folderIds
        .flatMap((folderId) => this.messages(folderId).map((message) => ({ folderId, ...message })))
        .filter(({ bytes }) => bytes.toString('latin1').includes(query.text ?? ''))
        .sort((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime())
        .slice(0, limit)
        .map(({ folderId, uid, receivedAt }) => ({ folderId, uid, receivedAt })),
    );
  }

  submit(envelope: Envelope, message: Uint8Array): Promise<void> {
    return this.#do('submit', () => void this.submitted.push({ envelope, message: Buffer.from(message) }));
  }

  watch(listener: (event: FolderEvent) => void): Promise<Watch> {
    return this.#do('watch', () => {
      this.#listeners.add(listener);
      return {
        update: (folderIds) => void (this.watched = folderIds),
        close: () => Promise.resolve(void this.#listeners.delete(listener)),
      };
    });
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  async #do<T>(call: Call, act: () => T): Promise<T> {
    this.calls.set(call, (this.calls.get(call) ?? 0) + 1);
    await Promise.resolve();
    this.fault?.(call, false);
    const result = act();
    this.fault?.(call, true);
    return result;
  }

  #make(name: string, parentId: string | undefined, kind: FolderKind): Folder {
    const id = parentId === undefined ? name : `${parentId}/${name}`;
    if (this.#folders.has(id)) throw new BackendError('already-exists', `${id} exists`);
    const folder: Folder = { id, parentId, name, kind, itemClass: 'Email', selectable: true };
    const validity = this.#nextValidity++;
    this.#folders.set(id, { folder, validity, nextUid: 1, modseq: FIRST_MODSEQ, messages: new Map(), vanished: [] });
    return folder;
  }

  #folder(id: string): ScriptedFolder {
    const folder = this.#folders.get(id);
    if (!folder) throw new BackendError('not-found', `there is no folder ${id}`);
    return folder;
  }

  #tell(folderId: string): void {
    if (this.watched.includes(folderId)) this.#emit({ kind: 'changed', folderId });
  }

  #isMeant(folderId: string, validity: string | undefined): boolean {
    return validity === undefined || validity === String(this.#folder(folderId).validity);
  }

  #emit(event: FolderEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function state({ uid, flags, receivedAt, bytes }: ScriptedMessage) {
  return { uid, flags: [...flags], receivedAt, sizeBytes: bytes.length };
}

function fetched(message: ScriptedMessage, plan: FetchPlan): FetchedMessage {
  const { bytes } = message;
  const end = bytes.indexOf('\r\n\r\n') + 4;
  const structure: Part = {
    path: '1',
    type: 'text/plain',
    parameters: {},
    encoding: '7bit',
    sizeBytes: bytes.length - end,
    dispositionParameters: {},
    parts: [],
  };
  const requests = plan({ structure, sizeBytes: bytes.length });
  const parts = requests.map(({ path }) => {
    const content = path === '' ? bytes : bytes.subarray(end);
    return [path, { bytes: content, complete: true }] as const;
  });
  return { ...state(message), header: bytes.subarray(0, end), structure, parts: new Map(parts) };
}
