/** Commands that servers ask for once more: the phone sends the same under the same key for as long as it is asked to. */
import { ClientError } from '../../../lib/activesync/client/index.ts';

/**
 * A server that cannot do a command now asks for the same again, later: Status 5 and 16 of Sync (MS-ASCMD 2.2.3.177.17), 110,
 * 111 and 132 of any command (2.2.2), 6 of FolderSync and FolderCreate (2.2.3.177.5, 2.2.3.177.3).
 */
const AGAIN: ReadonlySet<number> = new Set([5, 16, 110, 111, 132]);
const FOLDERS_AGAIN = 6;
const AGAIN_AFTER_MS = 400;
const PATIENCE_MS = 150_000;

export type Statuses = readonly (number | undefined)[];

/** `onAgain` is told of every answer by which a server asks for the same again. */
export async function answered<T>(
  run: () => Promise<T>,
  onAgain: (status: number) => void = () => {},
  statuses?: (result: T) => Statuses,
): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    let status: number | undefined;
    try {
      const result = await run();
      status = statuses?.(result).find((it) => it !== undefined && AGAIN.has(it));
      if (status === undefined || performance.now() > until) return result;
    } catch (thrown) {
      if (!(thrown instanceof ClientError) || !asksAgain(thrown) || performance.now() > until) throw thrown;
      status = thrown.status as number;
    }
    onAgain(status);
    await new Promise((done) => setTimeout(done, AGAIN_AFTER_MS));
  }
}

function asksAgain({ command, status }: ClientError): boolean {
  if (status === FOLDERS_AGAIN) return command === 'FolderSync' || command === 'FolderCreate';
  return status !== undefined && AGAIN.has(status);
}
