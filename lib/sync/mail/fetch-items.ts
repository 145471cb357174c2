/** Messages for a collection: ahead of time or now; and the Fetch commands of a Sync. */
import type { FetchedMessage, FetchPlan } from '../../backends/index.ts';
import type { CommandOutcome } from '../collection-answer.ts';
import type { ClientCommand } from '../collection-request.ts';
import { formatServerId, parseServerId } from '../server-id.ts';
import type { Renderer } from '../sync.ts';
import type { CollectionSession } from './collection-session.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';

/** A change in place needs no content, unless the renderer says so. */
const NO_PARTS: FetchPlan = () => [];

export interface Fetcher {
  /** For new messages, as the renderer plans. `deferred` were not fetched, since the answer is large enough without them. */
  added(uids: readonly number[]): Promise<{
    readonly messages: ReadonlyMap<number, FetchedMessage>;
    readonly deferred: ReadonlySet<number>;
  }>;
  /** For changes in place, as the renderer plans. */
  changed(uids: readonly number[]): Promise<ReadonlyMap<number, FetchedMessage>>;
}

/** `rendering` names the renderer's plan: what was fetched ahead under another name is no use. */
export function fetcherOf<T>(
  session: CollectionSession,
  snapshot: FolderSnapshot,
  renderer: Renderer<T>,
  rendering: string,
  limitBytes: number,
): Fetcher {
  const { context, folder, sort, source } = session;
  const backendId = folder.backendId ?? '';
  const { mark } = snapshot;
  const { plan } = renderer;
  return {
    async added(wanted) {
      const messages = new Map<number, FetchedMessage>();
      let rest = wanted;
      for (let bytes = 0; rest.length > 0 && bytes < limitBytes; ) {
        const uids = fitting(rest, snapshot, limitBytes);
        rest = rest.slice(uids.length);
        const some = await context.prefetcher.fetch(sort, { source, backendId, mark, rendering, plan, uids });
        for (const [uid, message] of some) {
          messages.set(uid, message);
          bytes += message.header.length;
          for (const part of message.parts.values()) bytes += part.bytes.length;
        }
      }
      return { messages, deferred: new Set(rest) };
    },
    async changed(uids) {
      const messages = await source.fetch(backendId, uids, renderer.changePlan ?? NO_PARTS);
      return new Map(messages.map((message) => [message.uid, message]));
    },
  };
}

/** The first messages, by their whole sizes not more than so many bytes together, but one at least. */
function fitting(uids: readonly number[], snapshot: FolderSnapshot, limitBytes: number): readonly number[] {
  let bytes = 0;
  for (const [index, uid] of uids.entries()) {
    bytes += snapshot.sizes[snapshot.find(uid)] ?? 0;
    if (index > 0 && bytes > limitBytes) return uids.slice(0, index);
  }
  return uids;
}

export async function fetchOutcomes<T>(
  session: CollectionSession,
  commands: readonly ClientCommand[],
  renderer: Renderer<T>,
  snapshot: FolderSnapshot,
): Promise<ReadonlyMap<number, CommandOutcome<T>>> {
  const outcomes = new Map<number, CommandOutcome<T>>();
  const uids = new Map<number, number>();
  for (const [index, command] of commands.entries()) {
    if (command.kind !== 'fetch') continue;
    const id = parseServerId(command.serverId);
    if (id && id.folderId === session.folder.id && id.mark === snapshot.mark) uids.set(index, id.uid);
    else outcomes.set(index, failed(command.serverId, 'not-found'));
  }
  if (uids.size === 0) return outcomes;
  const wanted = [...new Set(uids.values())];
  const backendId = session.context.hierarchy.backendIdOf(session.folder.id);
  const messages = backendId === undefined ? [] : await session.source.fetch(backendId, wanted, renderer.plan);
  const found = new Map(messages.map((message) => [message.uid, message]));
  for (const [index, uid] of uids) {
    const serverId = formatServerId(session.folder.id, snapshot.mark, uid);
    const message = found.get(uid);
    if (!message) {
      outcomes.set(index, failed(serverId, 'not-found'));
      continue;
    }
    try {
      outcomes.set(index, { kind: 'fetched', serverId, item: renderer.render(message, 'add') });
    } catch (error) {
      await session.context.poison.record({ deviceId: session.deviceId, serverId, cause: 'not-rendered', error });
      outcomes.set(index, failed(serverId, 'failed'));
    }
  }
  return outcomes;
}

function failed<T>(serverId: string, failure: 'not-found' | 'failed'): CommandOutcome<T> {
  return { kind: 'failed', of: 'fetch', serverId, failure };
}
