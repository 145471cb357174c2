/** Keeps two processes from serving one file: dynoxide would, and dynalite fails only when it comes to a table. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Clock, sleep } from '../../platform/index.ts';
import { StoreError } from '../errors.ts';

/** How long a process that is just ending (its parent was killed, say) is waited for. */
const WAIT_MS = 4_000;
const POLL_MS = 100;

/** Gives the function that notes the process which has the file now. Throws StoreError('store-in-use'). */
export async function claimFile(file: string, clock: Clock): Promise<(pid: number) => void> {
  const note = `${file}.pid`;
  const until = clock.monotonic() + WAIT_MS;
  for (;;) {
    const pid = readPid(note);
    if (pid === undefined || !hasFile(pid, file)) break;
    if (clock.monotonic() >= until) {
      throw new StoreError('store-in-use', `The embedded DynamoDB cannot use ${file}`, {
        why: `process ${pid} has it`,
        remedy: 'Stop the pool that runs already, or name another file.',
      });
    }
    await sleep(clock, POLL_MS);
  }
  return (pid) => writeFileSync(note, `${pid}\n`, { mode: 0o600 });
}

function readPid(note: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(note, 'utf8'), 10);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Numbers of processes are used again: it counts only if it was started with the file. */
function hasFile(pid: number, file: string): boolean {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(file);
    return execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).includes(file);
  } catch {
    // There is no such process.
    return false;
  }
}
