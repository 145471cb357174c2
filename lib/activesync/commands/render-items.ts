/** Items fetched and rendered, for the commands that show some without any sync state: Search, Find, ItemOperations. */
import type { Log } from '../../platform/index.ts';
import type { SyncItem, UserSync } from '../../sync/index.ts';
import type { Element } from '../protocol/index.ts';
import type { ItemRenderer } from './item-renderer.ts';

export interface RenderedItem<I extends SyncItem> {
  readonly item: I;
  readonly properties: readonly Element[];
}

export interface RenderedItems<I extends SyncItem> {
  /** In the order asked, without those that are gone. */
  readonly rendered: readonly RenderedItem<I>[];
  /** ServerIds of those that cannot be shown; they are logged. */
  readonly unrenderable: readonly string[];
}

export async function renderItems<I extends SyncItem>(
  user: UserSync,
  items: readonly I[],
  renderer: ItemRenderer,
  log: Log,
): Promise<RenderedItems<I>> {
  const messages = items.length === 0 ? new Map() : await user.fetch(items, renderer.plan);
  const rendered: RenderedItem<I>[] = [];
  const unrenderable: string[] = [];
  for (const item of items) {
    const message = messages.get(item.serverId);
    if (!message) continue;
    try {
      rendered.push({ item, properties: renderer.render(message, item.serverId, 'add') });
    } catch (error) {
      log.warn({ item: item.serverId, error }, 'An item cannot be rendered');
      unrenderable.push(item.serverId);
    }
  }
  return { rendered, unrenderable };
}
