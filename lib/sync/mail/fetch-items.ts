/** Messages for a collection: ahead of time or now; and the Fetch commands of a Sync. */
import type { FetchedMessage, FetchPlan } from '../../backends/index.ts';
import type { CommandOutcome } from '../collection-answer.ts';
import type { ClientCommand } from '../collection-request.ts';
import { formatServerId, parseServerId } from '../server-id.ts';
import type { Renderer } from '../sync.ts';
import type { CollectionSession } from './collection-session.ts';
import { flagText } from './flag-sets.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';
import { fetchReady, type FetchWay } from './prefetch.ts';

/** A change in place needs no content, unless the renderer says so. */
const NO_PARTS: FetchPlan = () => [];

/** A new message as the device gets it: rendered as soon as it was there. */
export interface NewItem<T> {
  readonly uid: number;
  /** As the rendering tells them. */
  readonly flags: string;
  /** Of the content that was fetched for it. */
  readonly bytes: number;
  readonly rendered: { readonly item: T } | { readonly error: unknown };
}

export interface Fetcher<T> {
  /** For new messages, as the renderer plans. `deferred` were not fetched, since the answer is large enough without them. */
  added(uids: readonly number[]): Promise<{
    readonly items: ReadonlyMap<number, NewItem<T>>;
    readonly deferred: ReadonlySet<number>;
  }>;
  /** For changes in place, as the renderer plans. */
  changed(uids: readonly number[]): Promise<ReadonlyMap<number, FetchedMessage>>;
}

/** `rendering`: what was fetched ahead under another name is no use; undefined: whatever was is none. */
export function fetcherOf<T>(
  session: CollectionSession,
  snapshot: FolderSnapshot,
  renderer: Renderer<T>,
  rendering: string | undefined,
  limitBytes: number,
): Fetcher<T> {
  const { context, folder, sort, source } = session;
  const way = newItems(session, snapshot, renderer, rendering ?? '');
  const fetch = async (uids: readonly number[]): Promise<Iterable<NewItem<unknown>>> =>
    rendering === undefined
      ? await fetchReady(way, uids)
      : (await context.prefetcher.fetch(sort, { ...way, uids })).values();
  return {
    async added(wanted) {
      const items = new Map<number, NewItem<T>>();
      let rest = wanted;
      for (let bytes = 0; rest.length > 0 && bytes < limitBytes; ) {
        const uids = fitting(rest, snapshot, limitBytes);
        rest = rest.slice(uids.length);
        // What was made ahead was made by a renderer of the same kind: that is what `rendering` says.
        for (const item of (await fetch(uids)) as Iterable<NewItem<T>>) {
          items.set(item.uid, item);
          bytes += item.bytes;
        }
      }
      return { items, deferred: new Set(rest) };
    },
    async changed(uids) {
      const messages = await source.fetch(folder.backendId ?? '', uids, renderer.changePlan ?? NO_PARTS);
      return new Map(messages.map((message) => [message.uid, message]));
    },
  };
}

/** How new messages are fetched and made ready, now or ahead of time. */
export function newItems<T>(
  { folder, source }: CollectionSession,
  { mark }: FolderSnapshot,
  renderer: Renderer<T>,
  rendering: string,
): FetchWay<NewItem<T>> {
  const make = (message: FetchedMessage): NewItem<T> => {
    let bytes = message.header.length;
    for (const part of message.parts.values()) bytes += part.bytes.length;
    return { uid: message.uid, flags: flagText(message.flags), bytes, rendered: tryRender(renderer, message) };
  };
  return { source, backendId: folder.backendId ?? '', mark, rendering, plan: renderer.plan, make };
}

function tryRender<T>(renderer: Renderer<T>, message: FetchedMessage): NewItem<T>['rendered'] {
  try {
    return { item: renderer.render(message, 'add') };
  } catch (error) {
    return { error };
  }
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
