/** Messages for a collection: ahead of time or now; and the Fetch commands of a Sync. */
import type { FetchPlan } from '../../backends/index.ts';
import type { CommandOutcome } from '../collection-answer.ts';
import type { ClientCommand } from '../collection-request.ts';
import { formatServerId, parseServerId } from '../server-id.ts';
import type { Renderer } from '../sync.ts';
import type { CollectionSession } from './collection-session.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';
import type { Fetch } from './rendering.ts';

/** What was fetched ahead serves only the renderer's own plan. */
export function fetcherOf<T>(
  session: CollectionSession,
  mark: number,
  renderer: Renderer<T>,
  rendering: string,
): Fetch {
  const { context, folder, sort } = session;
  const backendId = folder.backendId ?? '';
  return async (uids, plan: FetchPlan) => {
    if (plan === renderer.plan) {
      return context.prefetcher.fetch(sort, { backendId, mark, rendering, plan, uids });
    }
    const messages = await context.mailbox.fetch(backendId, uids, plan);
    return new Map(messages.map((message) => [message.uid, message]));
  };
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
  const messages = await session.context.mailbox.fetch(session.folder.backendId ?? '', wanted, renderer.plan);
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
