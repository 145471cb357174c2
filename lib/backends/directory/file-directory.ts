/** The directory in a file of vCards (RFC 6350, RFC 2426): one of a small site's, kept by hand or written out of another system. */
import { readFile, stat } from 'node:fs/promises';
import { reasonOf } from '../../platform/index.ts';
import { BackendError } from '../errors.ts';
import { byDisplayName, type Directory, type DirectoryQuery, type Person, wordsOf } from './directory.ts';
import { isMeant, type Known, knownOf, peopleIn } from './person-card.ts';

/** A file that is larger is no directory of people. */
const MAX_BYTES = 64 * 1024 * 1024;

export class FileDirectory implements Directory {
  readonly name: string;
  readonly #file: string;
  #read: { readonly version: string; readonly people: readonly Known[] } | undefined;

  constructor(file: string) {
    this.name = `file ${file}`;
    this.#file = file;
  }

  async find({ words, limit, withPhotos, withCertificates }: DirectoryQuery): Promise<readonly Person[]> {
    const wanted = wordsOf(words);
    if (wanted.length === 0) return [];
    const people = await this.#people();
    return people
      .filter((it) => isMeant(it, wanted))
      .slice(0, limit + 1)
      .map(({ person: { photo, certificates, ...shown } }) => ({
        ...shown,
        ...(withPhotos && photo && { photo }),
        ...(withCertificates && certificates && { certificates }),
      }));
  }

  async close(): Promise<void> {
    this.#read = undefined;
  }

  /** Read again when the file changed. */
  async #people(): Promise<readonly Known[]> {
    try {
      const { size, mtimeMs, ino } = await stat(this.#file);
      const version = `${ino} ${size} ${mtimeMs}`;
      if (this.#read?.version === version) return this.#read.people;
      if (size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
      const people = peopleIn(await readFile(this.#file, 'utf8'))
        .toSorted(byDisplayName)
        .map(knownOf);
      this.#read = { version, people };
      return people;
    } catch (cause) {
      throw new BackendError('unavailable', `The directory ${this.#file} cannot be read`, {
        why: reasonOf(cause),
        remedy: 'It is a file of vCards, one after the other, that the server may read.',
        cause,
      });
    }
  }
}
