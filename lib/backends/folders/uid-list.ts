/**
 * A folder's list of UIDs, `caravan-uids`: a journal that is only appended to, or replaced as a whole. All calls are made
 * under the user's lock.
 *
 *     caravan-uids 1 <validity> <next UID> <modseq> <random name of this file>
 *     + <uid> <modseq> <letters or -> <base>      a message is here
 *     = <uid> <modseq> <letters or ->             its flags changed
 *     - <uid> <modseq>                            it is gone
 *
 * A line counts once its line break is on the disk, and a UID is told to nobody before that: so none is ever given twice. A
 * list that is missing or makes no sense is begun anew, under a new validity.
 */
import { open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { type Random, randomName } from '../../platform/index.ts';
import { isGone } from './errors.ts';
import { replaceFile, signatureOf } from './files.ts';

export const UIDS_FILE = 'caravan-uids';
const HEADER = /^caravan-uids 1 (\d{1,15}) (\d{1,10}) (\d{1,15}) [0-9a-v]{16}$/;
const HEADER_LIMIT_BYTES = 128;
/** The journal is written anew when it has this many lines more than twice the messages. */
const SLACK_LINES = 1_000;

export interface ListedMessage {
  readonly uid: number;
  readonly base: string;
  readonly letters: string;
  readonly modseq: number;
}

export type ListEntry =
  | { readonly kind: 'add'; readonly base: string; readonly letters: string }
  | { readonly kind: 'flags'; readonly base: string; readonly letters: string }
  | { readonly kind: 'gone'; readonly base: string };

export class UidList {
  readonly #path: string;
  readonly #random: Random;
  readonly #nextValidity: () => Promise<number>;
  #header = '';
  /** How far the file was read. */
  #offset = 0;
  #lines = 0;
  #nextUid = 1;
  #validity = '';
  #modseq = 0;
  #byBase = new Map<string, ListedMessage>();
  #baseOfUid = new Map<number, string>();

  constructor(directory: string, random: Random, nextValidity: () => Promise<number>) {
    this.#path = join(directory, UIDS_FILE);
    this.#random = random;
    this.#nextValidity = nextValidity;
  }

  get validity(): string {
    return this.#validity;
  }

  get modseq(): number {
    return this.#modseq;
  }

  /** In the order of UIDs. */
  get messages(): ReadonlyMap<string, ListedMessage> {
    return this.#byBase;
  }

  signature(): Promise<string> {
    return signatureOf(this.#path);
  }

  /** Reads what other processes appended, or everything. */
  async load(): Promise<void> {
    const tail = await this.#readTail();
    if (tail !== undefined && this.#parse(tail)) return;
    const everything = tail === undefined ? await this.#readFile(0) : undefined;
    if (everything !== undefined && this.#parseFile(everything)) return;
    await this.#begin();
  }

  /** Appends entries and tells the UIDs of the added, in order. */
  async append(entries: readonly ListEntry[]): Promise<readonly number[]> {
    if (entries.length === 0) return [];
    const added: number[] = [];
    let uid = this.#nextUid;
    let modseq = this.#modseq;
    let text = '';
    for (const entry of entries) {
      modseq++;
      if (entry.kind === 'add') {
        added.push(uid);
        text += addLine(uid++, modseq, entry.letters, entry.base);
        continue;
      }
      const known = this.#byBase.get(entry.base);
      if (!known) continue;
      text +=
        entry.kind === 'gone' ? `- ${known.uid} ${modseq}\n` : `= ${known.uid} ${modseq} ${entry.letters || '-'}\n`;
    }
    await this.#write(Buffer.from(text));
    this.#parse(text);
    if (this.#lines > 2 * this.#byBase.size + SLACK_LINES) await this.#rewrite();
    return added;
  }

  async #write(bytes: Buffer): Promise<void> {
    const file = await open(this.#path, 'r+');
    try {
      for (let done = 0; done < bytes.length; ) {
        done += (await file.write(bytes, done, bytes.length - done, this.#offset + done)).bytesWritten;
      }
      await file.datasync();
    } catch (error) {
      // A disk that is full took half of it.
      await file.truncate(this.#offset).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
    this.#offset += bytes.length;
  }

  /** What stands behind the part that was read; undefined if the file is another one now. */
  async #readTail(): Promise<string | undefined> {
    if (this.#header === '') return undefined;
    const file = await open(this.#path, 'r').catch(ignoreGone);
    if (!file) return undefined;
    try {
      const { size } = await file.stat();
      const head = Buffer.alloc(Math.min(Buffer.byteLength(this.#header), size));
      await file.read(head, 0, head.length, 0);
      if (size < this.#offset || head.toString() !== this.#header) return undefined;
    } finally {
      await file.close();
    }
    return this.#readFile(this.#offset);
  }

  /** Whole lines from `offset` on; a torn last line, which nobody was told of, is cut off. Undefined if there is no file. */
  async #readFile(offset: number): Promise<string | undefined> {
    const file = await open(this.#path, 'r').catch(ignoreGone);
    if (!file) return undefined;
    let bytes: Buffer;
    try {
      const { size } = await file.stat();
      bytes = Buffer.alloc(Math.max(0, size - offset));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
      bytes = bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
    const whole = bytes.lastIndexOf(10) + 1;
    if (whole < bytes.length) await truncate(this.#path, offset + whole);
    this.#offset = offset + whole;
    return bytes.toString('utf8', 0, whole);
  }

  #parseFile(text: string): boolean {
    const end = text.indexOf('\n');
    const header = text.slice(0, end + 1);
    const match = header.length <= HEADER_LIMIT_BYTES ? HEADER.exec(header.trimEnd()) : null;
    if (!match) return false;
    this.#header = header;
    this.#validity = String(Number(match[1]));
    this.#nextUid = Number(match[2]);
    this.#modseq = Number(match[3]);
    this.#byBase = new Map();
    this.#baseOfUid = new Map();
    this.#lines = 0;
    // A rewritten list's first lines are older than its header.
    const bounds = { uid: this.#nextUid, modseq: this.#modseq };
    this.#nextUid = 1;
    this.#modseq = 0;
    if (!this.#parse(text.slice(end + 1), true)) return false;
    this.#nextUid = Math.max(this.#nextUid, bounds.uid);
    this.#modseq = Math.max(this.#modseq, bounds.modseq);
    return true;
  }

  /** Takes lines over; false at the first that makes no sense. */
  #parse(text: string, isWhole = false): boolean {
    let at = 0;
    while (at < text.length) {
      const end = text.indexOf('\n', at);
      if (end < 0) return false;
      if (!this.#takeLine(text.slice(at, end), isWhole)) return false;
      at = end + 1;
    }
    return true;
  }

  #takeLine(line: string, isWhole: boolean): boolean {
    const match = /^([+=-]) (\d{1,10}) (\d{1,15})(?: (-|[A-Za-z]+)(?: (.+))?)?$/.exec(line);
    if (!match) return false;
    const uid = Number(match[2]);
    const modseq = Number(match[3]);
    const letters = match[4] === '-' || match[4] === undefined ? '' : match[4];
    if (match[1] === '+') {
      const base = match[5];
      if (base === undefined || uid < this.#nextUid) return false;
      const former = this.#byBase.get(base);
      if (former) this.#forget(former.uid);
      this.#byBase.set(base, { uid, base, letters, modseq });
      this.#baseOfUid.set(uid, base);
      this.#nextUid = uid + 1;
    } else {
      const base = this.#baseOfUid.get(uid);
      if (base === undefined) return false;
      if (match[1] === '-') this.#forget(uid);
      else this.#byBase.set(base, { uid, base, letters, modseq });
    }
    if (!isWhole && modseq <= this.#modseq) return false;
    this.#modseq = Math.max(this.#modseq, modseq);
    this.#lines++;
    return true;
  }

  #forget(uid: number): void {
    const base = this.#baseOfUid.get(uid);
    if (base !== undefined) this.#byBase.delete(base);
    this.#baseOfUid.delete(uid);
  }

  async #begin(): Promise<void> {
    this.#validity = String(await this.#nextValidity());
    this.#nextUid = 1;
    this.#modseq = 1;
    this.#byBase = new Map();
    this.#baseOfUid = new Map();
    await this.#rewrite();
  }

  async #rewrite(): Promise<void> {
    const header = `caravan-uids 1 ${this.#validity} ${this.#nextUid} ${this.#modseq} ${randomName(this.#random)}\n`;
    const lines = Array.from(this.#byBase.values(), (message) =>
      addLine(message.uid, message.modseq, message.letters, message.base),
    );
    const text = header + lines.join('');
    await replaceFile(this.#path, text);
    this.#header = header;
    this.#offset = Buffer.byteLength(text);
    this.#lines = lines.length;
  }
}

function addLine(uid: number, modseq: number, letters: string, base: string): string {
  return `+ ${uid} ${modseq} ${letters || '-'} ${base}\n`;
}

function ignoreGone(error: unknown): undefined {
  if (!isGone(error)) throw error;
}
