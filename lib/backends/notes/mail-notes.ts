/** Notes in a folder of the user's mail, told as a collection of VJOURNALs. A change is a new message, and the old one goes. */
import { createHash } from 'node:crypto';
import type { Log } from '../../platform/index.ts';
import type { Folder, FolderPosition, Mailbox } from '../backend.ts';
import { BackendError } from '../errors.ts';
import { headerFields, headerValue } from '../mime-header.ts';
import {
  type PutResult,
  type RemoveResult,
  RESOURCE_LIMIT_BYTES,
  type Resource,
  type ResourceChanges,
  type WriteCondition,
} from '../resources.ts';
import { hasUid } from '../resource-uid.ts';
import { UidRuns } from '../uid-runs.ts';
import { journalOf, messageOf, REPLACES_HEADER, saysTheSame, UUID_HEADER } from './note-message.ts';

const PREFIX = 'notes:';
const ENDING = '.ics';
const HEADERS_AT_ONCE = 500;
const USUAL_UUID = /^[\w.@{}-]{1,200}$/;

interface Known {
  /** What it calls itself; undefined: it has no name that lasts. */
  readonly uuid: string | undefined;
  readonly replaces: string | undefined;
}

/** Of one validity of the folder. */
interface State {
  readonly position: FolderPosition;
  readonly messages: ReadonlyMap<number, Known>;
  /** Those whose identity a newer one has borne since: they keep the names that they got then. */
  readonly demoted: ReadonlySet<number>;
}

export class MailNotes {
  readonly folder: Folder;
  /** Of the mail. */
  readonly #folderId: string;
  readonly #mailbox: Mailbox;
  readonly #log: Log;
  readonly #nowMs: () => number;
  #state: State | undefined;
  #look: Promise<State> | undefined;

  constructor(mailbox: Mailbox, folderId: string, { log, nowMs }: { readonly log: Log; readonly nowMs: () => number }) {
    this.#mailbox = mailbox;
    this.#folderId = folderId;
    this.#log = log;
    this.#nowMs = nowMs;
    const name = /[^/.]+$/.exec(folderId)?.[0] ?? folderId;
    const id = `${PREFIX}${folderId}`;
    this.folder = { id, parentId: undefined, name, kind: 'notes', itemClass: 'Notes', selectable: true };
  }

  async changes(): Promise<ResourceChanges> {
    const { names, validity } = await this.#named();
    const resources = [...names].map(([name, uid]) => ({ name, etag: etagOf(validity, uid) }));
    return { token: undefined, complete: true, resources, removed: [] };
  }

  async read(wanted: readonly string[]): Promise<readonly Resource[]> {
    // As listed last, and once more what has another message by now.
    const known = this.#state ? await this.#readAs(this.#state, wanted) : [];
    const found = new Set(known.map(({ name }) => name));
    const rest = wanted.filter((it) => !found.has(it));
    return rest.length === 0 ? known : [...known, ...(await this.#readAs(await this.#fresh(), rest))];
  }

  async #readAs(state: State, wanted: readonly string[]): Promise<readonly Resource[]> {
    const names = namesOf(state);
    const nameOf = new Map(wanted.flatMap((it) => (names.has(it) ? [[names.get(it) as number, it] as const] : [])));
    const found: Resource[] = [];
    for (const [uid, raw] of await this.#raw([...nameOf.keys()])) {
      const name = nameOf.get(uid) as string;
      const text = raw ? await this.#journalOf(name, uid, raw) : '';
      found.push({ name, etag: etagOf(state.position.validity, uid), text });
    }
    return found;
  }

  /** '' for one that nobody can read. */
  async #journalOf(name: string, uid: number, raw: Uint8Array): Promise<string> {
    try {
      return await journalOf(uuidOf(name), raw);
    } catch (error) {
      this.#log.warn({ error, folder: this.#folderId, uid }, 'A note cannot be read: it is kept from devices');
      return '';
    }
  }

  async withUid(uid: string): Promise<Resource | undefined> {
    const [found] = await this.read([`${uid}${ENDING}`]);
    return found && hasUid(found.text, uid) ? found : undefined;
  }

  async put(name: string, journal: string, condition: WriteCondition): Promise<PutResult> {
    const { names, validity } = await this.#named();
    const uid = names.get(name);
    if (condition === 'new' && uid !== undefined) return { kind: 'conflict' };
    if (typeof condition === 'object' && (uid === undefined || condition.etag !== etagOf(validity, uid)))
      return { kind: 'conflict' };
    const raw = uid === undefined ? undefined : (await this.#raw([uid])).get(uid);
    // Gone since, or too large to be written anew without loss.
    if (uid !== undefined && raw === undefined) return { kind: 'conflict' };
    const { addresses, user } = this.#mailbox.account;
    const domain = addresses[0]?.split('@')[1] ?? 'localhost';
    const print = createHash('sha256').update(`${name} ${uid} ${validity} ${journal}`).digest('hex').slice(0, 32);
    const message = await messageOf({
      uuid: uuidOf(name),
      journal,
      before: raw && { raw, id: etagOf(validity, uid as number) },
      from: addresses[0] ?? user,
      messageId: `<note.${print}@${domain}>`,
      now: new Date(this.#nowMs()),
    });
    const added = await this.#append(message);
    if (uid !== undefined) await this.#removeWith(uid, validity);
    const isKept = await saysTheSame(message, journal);
    return { kind: 'stored', etag: isKept ? etagOf(added.validity, added.uid) : undefined };
  }

  async remove(name: string, etag: string | undefined): Promise<RemoveResult> {
    const { names, validity } = await this.#named();
    const uid = names.get(name);
    if (uid === undefined) return 'gone';
    if (etag !== undefined && etag !== etagOf(validity, uid)) return 'conflict';
    await this.#removeWith(uid, validity);
    return 'removed';
  }

  /** The first note makes the folder. */
  async #append(message: Uint8Array): Promise<{ readonly uid: number; readonly validity: string }> {
    const options = { flags: ['\\Seen'] };
    try {
      return await this.#mailbox.append(this.#folderId, message, options);
    } catch (error) {
      if (!(error instanceof BackendError) || error.code !== 'not-found') throw error;
      await this.#mailbox.createFolder(this.folder.name, parentOf(this.#folderId, this.folder.name));
      return await this.#mailbox.append(this.#folderId, message, options);
    }
  }

  /** With what it took the place of, where that was left over. */
  async #removeWith(uid: number, validity: string): Promise<void> {
    const { messages } = await this.#fresh();
    const uids = [uid];
    for (let replaced = messages.get(uid)?.replaces; replaced !== undefined; ) {
      const older = [...messages.keys()].find((it) => etagOf(validity, it) === replaced);
      if (older === undefined || uids.includes(older)) break;
      uids.push(older);
      replaced = messages.get(older)?.replaces;
    }
    await this.#mailbox.remove(this.#folderId, uids, validity);
  }

  /** Undefined for one that is too large; those gone are left out. */
  async #raw(uids: readonly number[]): Promise<ReadonlyMap<number, Uint8Array | undefined>> {
    const found = new Map<number, Uint8Array | undefined>();
    const whole = ({ sizeBytes }: { readonly sizeBytes: number }) =>
      sizeBytes > RESOURCE_LIMIT_BYTES ? [] : [{ path: '' }];
    for (const { uid, sizeBytes, parts } of await this.#mailbox.fetch(this.#folderId, uids, whole)) {
      const bytes = parts.get('')?.bytes;
      found.set(uid, bytes);
      if (!bytes)
        this.#log.warn({ folder: this.#folderId, uid, sizeBytes }, 'A note is too large: it is kept from devices');
    }
    return found;
  }

  async #named(): Promise<{ readonly names: ReadonlyMap<string, number>; readonly validity: string }> {
    const state = await this.#fresh();
    return { names: namesOf(state), validity: state.position.validity };
  }

  #fresh(): Promise<State> {
    // Whoever asks while a look is under way may know of something later.
    const next = (this.#look ?? Promise.resolve()).then(
      () => this.#refresh(),
      () => this.#refresh(),
    );
    this.#look = next;
    return next;
  }

  async #refresh(): Promise<State> {
    const before = this.#state;
    let changes;
    try {
      changes = await this.#mailbox.changes(this.#folderId, before?.position);
    } catch (error) {
      if (!(error instanceof BackendError) || error.code !== 'not-found') throw error;
      return (this.#state = {
        position: { validity: '', modseq: undefined, known: UidRuns.empty },
        messages: new Map(),
        demoted: new Set(),
      });
    }
    const isOther = changes.complete || before?.position.validity !== changes.validity;
    const old: ReadonlyMap<number, Known> =
      before && before.position.validity === changes.validity ? before.messages : new Map();
    const messages = new Map(isOther ? [] : old);
    for (const uid of changes.vanished) messages.delete(uid);
    const fresh: number[] = [];
    for (const { uid, flags } of changes.messages) {
      if (flags.some((it) => it.toLowerCase() === '\\deleted')) messages.delete(uid);
      else if (old.has(uid)) messages.set(uid, old.get(uid) as Known);
      else fresh.push(uid);
    }
    for (let at = 0; at < fresh.length; at += HEADERS_AT_ONCE) {
      const some = await this.#mailbox.fetch(this.#folderId, fresh.slice(at, at + HEADERS_AT_ONCE), () => []);
      for (const { uid, header } of some) messages.set(uid, knownOf(header));
    }
    const position = { validity: changes.validity, modseq: changes.modseq, known: UidRuns.of([...messages.keys()]) };
    const demotedBefore = isOther ? undefined : before?.demoted;
    const demoted = demotedOf(messages, position.validity, demotedBefore ?? new Set());
    return (this.#state = { position, messages, demoted });
  }
}

function knownOf(header: Uint8Array): Known {
  const fields = headerFields(header);
  const uuid = headerValue(fields, UUID_HEADER)?.trim();
  return {
    uuid: uuid !== undefined && USUAL_UUID.test(uuid) ? uuid : undefined,
    replaces: headerValue(fields, REPLACES_HEADER)?.trim(),
  };
}

/** Not those in whose place another stands, as a change that broke off leaves them. */
function notesOf(messages: ReadonlyMap<number, Known>, validity: string): readonly number[] {
  const replaced = new Set([...messages.values()].map(({ replaces }) => replaces));
  return [...messages.keys()].filter((uid) => !replaced.has(etagOf(validity, uid)));
}

/**
 * Of several with one identity, as two programs leave them that change a note at once, the newest bears it, and the others are notes
 * of their own: nothing that was written is hidden.
 */
function demotedOf(
  messages: ReadonlyMap<number, Known>,
  validity: string,
  before: ReadonlySet<number>,
): ReadonlySet<number> {
  const taken = new Set<string>();
  const demoted = new Set<number>();
  for (const uid of [...notesOf(messages, validity)].sort((a, b) => b - a)) {
    const uuid = messages.get(uid)?.uuid;
    if (uuid === undefined) continue;
    if (before.has(uid) || taken.has(uuid)) demoted.add(uid);
    else taken.add(uuid);
  }
  return demoted;
}

function namesOf({ messages, position: { validity }, demoted }: State): ReadonlyMap<string, number> {
  return new Map(
    notesOf(messages, validity).map((uid) => {
      const uuid = demoted.has(uid) ? undefined : messages.get(uid)?.uuid;
      return [`${uuid ?? `message-${etagOf(validity, uid)}`}${ENDING}`, uid];
    }),
  );
}

/** A message never changes. */
const etagOf = (validity: string, uid: number): string => `${validity}-${uid}`;

const uuidOf = (name: string): string => (name.endsWith(ENDING) ? name.slice(0, -ENDING.length) : name);

function parentOf(folderId: string, name: string): string | undefined {
  const parent = folderId.slice(0, -name.length - 1);
  return parent === '' ? undefined : parent;
}
