/** Makes mail folders with two users, some mail, and what is in their calendars and address books, to try things out. */
import { mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, type Random, randomName } from '../../../platform/index.ts';
import { diskError, isGone } from '../errors.ts';
import { joinFileName, newBase } from '../file-names.ts';
import { directoryOf } from '../folder-names.ts';
import { SUBDIRECTORIES } from '../folder-index.ts';
import { Keywords } from '../keywords.ts';
import { writeUsersFile } from '../users-file.ts';
import { directoryCards, SEEDED_DIRECTORY } from './directory.ts';
import { type SeedCopy, type SeedMessage, seedMessages } from './mail.ts';
import { DEMO_USERS } from './people.ts';
import { seedResources } from './resources.ts';

export interface SeedOptions {
  readonly root: string;
  /** Messages are dated before its now. */
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Makes `root` with the DEMO_USERS and their mail, all at once or not at all. False, and nothing is touched, if there is
 * something already.
 */
export async function seedFolders({ root, clock, random }: SeedOptions): Promise<boolean> {
  const draft = `${root}.new-${randomName(random)}`;
  try {
    if (!(await isEmpty(root))) return false;
    await mkdir(dirname(root), { recursive: true });
    const keywords = new Map<string, Keywords>();
    for (const message of seedMessages(new Date(clock.now()))) {
      for (const copy of message.copies) await store(draft, copy, message, keywords, random);
    }
    for (const { user, collection, name, text } of seedResources(new Date(clock.now()))) {
      const directory = join(draft, user, collection);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFile(join(directory, name), text, { mode: 0o600 });
    }
    const users = DEMO_USERS.map(({ name, displayName, address, password }) => ({
      name,
      displayName,
      addresses: [address],
      password,
    }));
    await writeUsersFile(draft, users, random);
    await writeFile(join(draft, SEEDED_DIRECTORY), directoryCards(), { mode: 0o600 });
    return await takePlace(draft, root);
  } catch (error) {
    throw diskError(`the mail folders cannot be made in ${root}`, error);
  } finally {
    // Where nothing could be made there is nothing to take away, and that it could not be is what is told.
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function store(
  draft: string,
  { user, folder, flags }: SeedCopy,
  { raw, receivedAt }: SeedMessage,
  keywords: Map<string, Keywords>,
  random: Random,
): Promise<void> {
  const directory = join(draft, user, 'mail', directoryOf(folder));
  let letters = keywords.get(directory);
  if (!letters) {
    for (const name of SUBDIRECTORIES) await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
    letters = new Keywords(directory);
    keywords.set(directory, letters);
  }
  const base = newBase({ receivedAt, sizeBytes: raw.length }, random);
  const info = await letters.assign(flags, async () => new Set());
  const path = join(directory, flags.length === 0 ? join('new', base) : join('cur', joinFileName(base, info)));
  await writeFile(path, raw, { mode: 0o600 });
  await utimes(path, receivedAt, receivedAt);
}

async function isEmpty(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0;
  } catch (error) {
    if (isGone(error)) return true;
    throw error;
  }
}

/** False if somebody else was faster. */
async function takePlace(draft: string, root: string): Promise<boolean> {
  try {
    await rename(draft, root);
    return true;
  } catch (error) {
    if (!(await isEmpty(root))) return false;
    throw error;
  }
}
