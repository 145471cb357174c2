/** Writing files so that a crash leaves the old or the new one, never half of one. */
import { open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isGone } from './errors.ts';

/** Replaces the file at `path`. Writers of the same path must hold a lock. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  await writeDurably(temporary, content);
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** Writes a new file and waits until it is on the disk. */
export async function writeDurably(path: string, content: string | Uint8Array, modifiedAt?: Date): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(content);
    if (modifiedAt) await file.utimes(modifiedAt, modifiedAt);
    await file.datasync();
  } finally {
    await file.close();
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The text of a file, undefined if there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** A value that differs when the file or directory was changed or replaced; `none` if there is none. */
export async function signatureOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}`;
  } catch (error) {
    if (isGone(error)) return 'none';
    throw error;
  }
}
