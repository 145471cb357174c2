/**
 * `UNAPPLIED#<serverId>`: mail whose contents were to be applied to a calendar that could not be reached then. It is tried again,
 * by whoever serves the user.
 */
import type { Clock } from '../platform/index.ts';
import type { UserRecords } from './user-records.ts';

export interface UnappliedMail {
  /** ServerIds of what is to be tried now: everything, but seldom. Read from the store once. */
  due(): Promise<readonly string[]>;
  add(serverId: string): Promise<void>;
  remove(serverId: string): Promise<void>;
}

const PREFIX = 'UNAPPLIED#';
/** Longer than a calendar server that is away keeps one waiting, mostly. */
const RETRY_MS = 30_000;

export class UnappliedRecords implements UnappliedMail {
  readonly #records: UserRecords;
  readonly #clock: Clock;
  #notBefore = Number.NEGATIVE_INFINITY;
  #known: Promise<Set<string>> | undefined;

  constructor(records: UserRecords, clock: Clock) {
    this.#records = records;
    this.#clock = clock;
  }

  async due(): Promise<readonly string[]> {
    const now = this.#clock.monotonic();
    if (now < this.#notBefore) return [];
    this.#notBefore = now + RETRY_MS;
    return [...(await this.#all())];
  }

  async add(serverId: string): Promise<void> {
    const all = await this.#all();
    if (all.has(serverId)) return;
    await this.#records.write(`${PREFIX}${serverId}`, undefined, {});
    all.add(serverId);
  }

  async remove(serverId: string): Promise<void> {
    const all = await this.#all();
    if (!all.has(serverId)) return;
    await this.#records.remove(`${PREFIX}${serverId}`);
    all.delete(serverId);
  }

  #all(): Promise<Set<string>> {
    if (!this.#known) {
      const reading = this.#read();
      this.#known = reading;
      reading.catch(() => {
        if (this.#known === reading) this.#known = undefined;
      });
    }
    return this.#known;
  }

  async #read(): Promise<Set<string>> {
    const known = new Set<string>();
    for await (const [sort] of this.#records.list(PREFIX)) known.add(sort.slice(PREFIX.length));
    return known;
  }
}
