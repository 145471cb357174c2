/** The loop that a phone runs while it lies on a table: Ping, and Ping again. */
import { reasonOf, sleep } from '../../platform/index.ts';
import { PingStatus } from '../protocol/index.ts';
import { statusFailure } from './answer-failure.ts';
import { ClientError } from './errors.ts';
import { folderSync } from './folders.ts';
import { Heartbeat, type HeartbeatBounds } from './heartbeat.ts';
import { ping, type PingAnswer, type PingFolder } from './ping.ts';
import type { DeviceSession } from './session.ts';

export interface WatchOptions {
  readonly folders: readonly PingFolder[];
  readonly heartbeat?: Partial<HeartbeatBounds> | undefined;
  /** Ends the watch. */
  readonly signal?: AbortSignal | undefined;
}

export type WatchEvent =
  /** Sync these, then ask for the next event. */
  | { readonly kind: 'changes'; readonly folderIds: readonly string[] }
  /** The heartbeat passed and nothing changed. */
  | { readonly kind: 'quiet'; readonly heartbeatSeconds: number }
  /** No answer came; the next heartbeat is shorter. */
  | { readonly kind: 'lost'; readonly heartbeatSeconds: number; readonly why: string }
  /** The hierarchy changed and FolderSync has run. */
  | { readonly kind: 'folders' };

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const PASSING: readonly ClientError['code'][] = ['unreachable', 'unavailable'];

/** Events until the signal; throws ClientError for what waiting does not mend. */
export async function* watch(
  session: DeviceSession,
  options: WatchOptions,
): AsyncGenerator<WatchEvent, void, undefined> {
  const { signal } = options;
  const heartbeat = new Heartbeat(options.heartbeat);
  let { folders } = options;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    if (signal?.aborted) return;
    const heartbeatSeconds = heartbeat.seconds;
    let answer: PingAnswer;
    try {
      answer = await ping(session, { heartbeatSeconds, folders, signal });
    } catch (error) {
      if (signal?.aborted) return;
      if (!(error instanceof ClientError && PASSING.includes(error.code))) throw error;
      heartbeat.lost();
      yield { kind: 'lost', heartbeatSeconds, why: reasonOf(error) };
      await pause(session, pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      continue;
    }
    switch (answer.status) {
      case PingStatus.noChanges:
        pauseMs = FIRST_PAUSE_MS;
        heartbeat.held();
        yield { kind: 'quiet', heartbeatSeconds };
        break;
      case PingStatus.changes:
        pauseMs = FIRST_PAUSE_MS;
        yield { kind: 'changes', folderIds: answer.changedFolderIds };
        break;
      case PingStatus.heartbeatOutOfRange:
        if ((answer.heartbeatSeconds ?? heartbeatSeconds) === heartbeatSeconds)
          throw statusFailure('Ping', answer.status);
        heartbeat.bounded(answer.heartbeatSeconds as number);
        break;
      case PingStatus.tooManyFolders:
        if (!answer.maxFolders || answer.maxFolders >= folders.length) throw statusFailure('Ping', answer.status);
        folders = folders.slice(0, answer.maxFolders);
        break;
      case PingStatus.folderSyncRequired:
        await folderSync(session, signal);
        await pause(session, pauseMs, signal);
        yield { kind: 'folders' };
        break;
      case PingStatus.serverError:
        await pause(session, pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        break;
      default:
        throw statusFailure('Ping', answer.status);
    }
  }
}

/** Ends early when the signal comes; the loop sees it. */
async function pause(session: DeviceSession, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(session.clock, delayMs, signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
