/**
 * The file beside the database that says which process has it. The lock itself is SQLite's, held by the kernel and gone
 * with the process; this file only puts a name to it, and one that was left behind tells of an unclean stop.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

const pathOf = (file: string): string => `${file}.pid`;

/** The process that wrote the file last, or undefined. */
export function readOwner(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pathOf(file), 'utf8'), 10);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Best effort: a full disk must not keep a server from starting to read. */
export function writeOwner(file: string, pid: number): void {
  try {
    writeFileSync(pathOf(file), `${pid}\n`, { mode: 0o600 });
  } catch {
    // Only the name in another process's error message is lost.
  }
}

/** Best effort too: what remains costs the next start a look at the pages. */
export function removeOwner(file: string): void {
  try {
    rmSync(pathOf(file), { force: true });
  } catch {
    // The disk is read-only or gone, and its own errors say so.
  }
}
