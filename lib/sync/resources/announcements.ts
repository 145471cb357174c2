/**
 * `ANNOUNCE#<id>`: a device's change of a resource that others are to be told of. Written down before the resource is written, and
 * removed when they were told: whatever breaks off in between, whoever serves the user then tells them, at the device's repetition or
 * at the next Sync of the collection. Nobody is told of what was not written.
 */
import { BackendError } from '../../backends/index.ts';
import { type Log, reasonOf } from '../../platform/index.ts';
import type { Announcer } from '../collection-request.ts';
import { packText, unpackText } from '../packed-text.ts';
import type { UserRecord, UserRecords } from '../user-records.ts';

export interface Announcement {
  readonly id: string;
  readonly kind: 'create' | 'edit' | 'delete';
  readonly collectionId: string;
  /** Of the resource. */
  readonly name: string;
  /** Its text before the change; undefined: there was none. */
  readonly before: string | undefined;
}

const PREFIX = 'ANNOUNCE#';
/** An item of the store has no room for more; attachments, which make events large, are told of by no comparison. */
const BEFORE_LIMIT_CHARACTERS = 200_000;
const ATTACHMENTS = /^ATTACH[;:].*\r?\n(?:[ \t].*\r?\n)*/gim;

interface Kept extends Announcement {
  readonly version: number;
}

export class Announcements {
  readonly #records: UserRecords;
  readonly #log: Log;
  /** Read once: nobody but the user's owner writes them. */
  #kept: Promise<Map<string, Kept>> | undefined;
  /** A request is at it: it is not for others to tell. */
  readonly #inHand = new Set<string>();
  #collections: ReadonlySet<string> = new Set();

  constructor(records: UserRecords, log: Log) {
    this.#records = records;
    this.#log = log;
  }

  /** Somebody is still to be told of a change in this collection, as far as it was looked at. */
  isPending(collectionId: string | undefined): boolean {
    return collectionId !== undefined && this.#collections.has(collectionId);
  }

  /** What a request does about one change; to be released in the end. */
  async take(announcer: Announcer, about: Omit<Announcement, 'before'>): Promise<Telling> {
    this.#inHand.add(about.id);
    try {
      return new Telling(this, announcer, about, (await this.#all()).get(about.id));
    } catch (thrown) {
      this.#inHand.delete(about.id);
      throw thrown;
    }
  }

  /** Tells of what others left, by the text of the resource as it is now. What cannot be told of now stays. */
  async tellRest(
    announcer: Announcer,
    collectionId: string,
    read: (name: string) => Promise<string | undefined>,
  ): Promise<void> {
    const left = [...(await this.#all()).values()].filter((it) => it.collectionId === collectionId);
    for (const it of left) {
      if (this.#inHand.has(it.id)) continue;
      this.#inHand.add(it.id);
      try {
        const now = await read(it.name);
        // Gone by another's hand, or still there: it was not written, or is not ours to tell any more.
        const isDone = (now === undefined) === (it.kind === 'delete');
        if (isDone && announcer.concerns(it.before, now)) await announcer.tell(it.before, now, it.id);
        await this.remove(it.id);
      } catch (thrown) {
        if (!(thrown instanceof BackendError)) throw thrown;
        this.#log.warn({ reason: reasonOf(thrown) }, 'Those invited to a meeting cannot be told of a change now');
      } finally {
        this.#inHand.delete(it.id);
      }
    }
  }

  async write(announcement: Announcement, version: number | undefined): Promise<void> {
    const { id, kind, collectionId, name, before } = announcement;
    const kept =
      before !== undefined && before.length > BEFORE_LIMIT_CHARACTERS ? before.replace(ATTACHMENTS, '') : before;
    const record = await this.#records.write(`${PREFIX}${id}`, version, {
      kind,
      collection: collectionId,
      name,
      ...(kept !== undefined && { before: packText(kept) }),
    });
    (await this.#all()).set(id, { ...announcement, version: record.version });
    await this.#count();
  }

  async remove(id: string): Promise<void> {
    await this.#records.remove(`${PREFIX}${id}`);
    (await this.#all()).delete(id);
    await this.#count();
  }

  release(id: string): void {
    this.#inHand.delete(id);
  }

  async versionOf(id: string): Promise<number | undefined> {
    return (await this.#all()).get(id)?.version;
  }

  async #count(): Promise<void> {
    this.#collections = new Set([...(await this.#all()).values()].map((it) => it.collectionId));
  }

  #all(): Promise<Map<string, Kept>> {
    if (!this.#kept) {
      const reading = this.#read();
      this.#kept = reading;
      reading.catch(() => {
        if (this.#kept === reading) this.#kept = undefined;
      });
    }
    return this.#kept;
  }

  async #read(): Promise<Map<string, Kept>> {
    const kept = new Map<string, Kept>();
    for await (const [sort, record] of this.#records.list(PREFIX)) {
      const id = sort.slice(PREFIX.length);
      kept.set(id, keptOf(id, record));
    }
    this.#collections = new Set([...kept.values()].map((it) => it.collectionId));
    return kept;
  }
}

/** One change, from before the resource is written until others were told. */
export class Telling {
  readonly #book: Announcements;
  readonly #announcer: Announcer;
  readonly #about: Omit<Announcement, 'before'>;
  /** Of an earlier attempt of the same command: it may have been written. */
  readonly #earlier: Announcement | undefined;
  #open: Announcement | undefined;

  constructor(
    book: Announcements,
    announcer: Announcer,
    about: Omit<Announcement, 'before'>,
    earlier: Announcement | undefined,
  ) {
    this.#book = book;
    this.#announcer = announcer;
    this.#about = about;
    this.#earlier = earlier;
    this.#open = earlier;
  }

  /** To be called before the resource is written. */
  async prepare(before: string | undefined, after: string | undefined): Promise<void> {
    if (this.#earlier) return;
    if (!this.#announcer.concerns(before, after)) return this.discard();
    const announcement = { ...this.#about, before };
    await this.#book.write(announcement, await this.#book.versionOf(this.#about.id));
    this.#open = announcement;
  }

  /** The resource is written. Throws BackendError('unavailable') where others cannot be told now: it stays to be done. */
  async finish(after: string | undefined): Promise<void> {
    if (!this.#open) return;
    const { before, id } = this.#open;
    if (this.#announcer.concerns(before, after)) await this.#announcer.tell(before, after, id);
    await this.#book.remove(id);
    this.#open = undefined;
  }

  /** It was not written, and will not be. */
  async discard(): Promise<void> {
    if (!this.#open || this.#earlier) return;
    await this.#book.remove(this.#open.id);
    this.#open = undefined;
  }

  release(): void {
    this.#book.release(this.#about.id);
  }
}

function keptOf(id: string, { version, attributes }: UserRecord): Kept {
  const { kind, collection, name, before } = attributes;
  return {
    id,
    kind: kind === 'create' || kind === 'delete' ? kind : 'edit',
    collectionId: String(collection),
    name: String(name),
    before: before === undefined ? undefined : unpackText(before),
    version,
  };
}
