/** A window made into what the device is sent, and into the delta that records what it was told. */
import { UidRuns } from '../../backends/index.ts';
import type { ServerChange } from '../collection-answer.ts';
import { formatServerId } from '../server-id.ts';
import type { Renderer } from '../sync.ts';
import type { Delta } from './delta.ts';
import type { Window } from './differences.ts';
import type { Fetcher } from './fetch-items.ts';
import { flagsOfText, flagText } from './flag-sets.ts';
import { Holding } from './holding.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';

export interface Unrenderable {
  readonly uid: number;
  readonly flags: string;
  readonly error: unknown;
}

export interface Rendered<T> {
  readonly changes: readonly ServerChange<T>[];
  readonly delta: Delta;
  /** Items that could not be rendered: the device is told nothing of them. */
  readonly poisoned: readonly Unrenderable[];
  /** New messages that were gone before they could be fetched. */
  readonly gone: number;
  /** Changes of which nothing was to be seen: the view is not what the mailbox is. */
  readonly unfounded: number;
}

/** What the mailbox has of a window. */
export interface WindowContent<T> {
  readonly news: Awaited<ReturnType<Fetcher<T>['added']>> | undefined;
  readonly updates: Awaited<ReturnType<Fetcher<T>['changed']>> | undefined;
}

export async function fetchWindow<T>(window: Window, fetcher: Fetcher<T>): Promise<WindowContent<T>> {
  const [news, updates] = await Promise.all([
    window.added.length === 0 ? undefined : fetcher.added(window.added),
    window.changed.length === 0 ? undefined : fetcher.changed(window.changed),
  ]);
  return { news, updates };
}

export function renderWindow<T>(
  folderId: string,
  mark: number,
  window: Window,
  holding: Holding,
  renderer: Renderer<T>,
  { news, updates }: WindowContent<T>,
): Rendered<T> {
  const changes: ServerChange<T>[] = [];
  const poisoned: Unrenderable[] = [];
  const told = { added: new Map<number, string>(), changed: new Map<number, string>() };
  for (const stale of window.stale) {
    for (const uid of stale.uids) changes.push({ kind: 'delete', serverId: formatServerId(folderId, stale.mark, uid) });
  }
  const idOf = (uid: number) => formatServerId(folderId, mark, uid);
  for (const uid of window.removed) changes.push({ kind: 'delete', serverId: idOf(uid) });
  for (const uid of window.aged) changes.push({ kind: 'soft-delete', serverId: idOf(uid) });
  let unfounded = 0;
  for (const uid of window.changed) {
    const message = updates?.get(uid);
    if (!message) continue;
    const flags = flagText(message.flags);
    const before = holding.flagTextOf(uid);
    if (before === flags) {
      unfounded++;
      continue;
    }
    try {
      const previous = before === undefined ? undefined : flagsOfText(before);
      changes.push({ kind: 'change', serverId: idOf(uid), item: renderer.render(message, 'change', previous) });
      told.changed.set(uid, flags);
    } catch (error) {
      poisoned.push({ uid, flags, error });
    }
  }
  let gone = 0;
  for (const uid of window.added) {
    const added = news?.items.get(uid);
    if (!added) {
      if (!news?.deferred.has(uid)) gone++;
      continue;
    }
    const { flags, rendered } = added;
    if ('error' in rendered) poisoned.push({ uid, flags, error: rendered.error });
    else {
      changes.push({ kind: 'add', serverId: idOf(uid), item: rendered.item });
      told.added.set(uid, flags);
    }
  }
  const { removed, aged, stale } = window;
  const delta: Delta = { mark, ...told, removed: UidRuns.of(removed), aged: UidRuns.of(aged), stale };
  return { changes, delta, poisoned, gone, unfounded };
}

/** The very answer of a delta once more: what is gone meanwhile is left out, flags are as they were told. */
export async function renderDelta<T>(
  folderId: string,
  snapshot: FolderSnapshot,
  delta: Delta,
  renderer: Renderer<T>,
  fetcherFor: (renderer: Renderer<T>) => Fetcher<T>,
): Promise<Rendered<T>> {
  const isCurrent = delta.mark === snapshot.mark;
  const receivedAt = (uid: number) => snapshot.receivedAt[snapshot.find(uid)] ?? 0;
  const newestFirst = [...delta.added.keys()].sort((a, b) => receivedAt(b) - receivedAt(a) || b - a);
  const window: Window = {
    stale: delta.stale,
    doubtful: UidRuns.empty,
    removed: [...delta.removed],
    aged: [...delta.aged],
    changed: isCurrent ? [...delta.changed.keys()] : [],
    added: isCurrent ? newestFirst : [],
    left: 0,
  };
  const told = new Map([...delta.changed, ...delta.added]);
  const asTold: Renderer<T> = {
    ...renderer,
    render: (message, purpose) =>
      renderer.render({ ...message, flags: flagsOfText(told.get(message.uid) ?? '') }, purpose),
  };
  const content = await fetchWindow(window, fetcherFor(asTold));
  return renderWindow(folderId, delta.mark, window, Holding.empty(delta.mark), asTold, content);
}
