/** What a pool on this machine leaves in its directory, so that `caravan pool` finds it. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const noteSchema = z.object({
  /** Of the pool's sprayer: what a phone is given. */
  url: z.string(),
  /** Of the process that keeps the servers. */
  pid: z.int(),
  tokenFile: z.string(),
  servers: z.array(
    z.object({
      name: z.string(),
      /** Where the other servers reach it: its address in the pool. */
      address: z.string(),
      /** Where those in charge reach it. */
      administration: z.string(),
      /** 0 while it does not run. */
      pid: z.int(),
    }),
  ),
});

export type PoolNote = z.infer<typeof noteSchema>;

const poolNoteFile = (directory: string): string => join(directory, 'pool.json');

export function writePoolNote(directory: string, note: PoolNote): void {
  const draft = `${poolNoteFile(directory)}.new`;
  writeFileSync(draft, `${JSON.stringify(note, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, poolNoteFile(directory));
}

/** Undefined where no pool runs, or what is there is no note of one. */
export function readPoolNote(directory: string): PoolNote | undefined {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(poolNoteFile(directory), 'utf8')));
  } catch {
    return undefined;
  }
}

export function removePoolNote(directory: string): void {
  rmSync(poolNoteFile(directory), { force: true });
}
