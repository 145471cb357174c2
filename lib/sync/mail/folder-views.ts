/** The user's views, one a folder, made when a device first asks for the folder. */
import type { Clock } from '../../platform/index.ts';
import type { Hierarchy } from '../folders/hierarchy.ts';
import { FolderView } from './folder-view.ts';
import type { ItemSource } from './item-source.ts';

export class FolderViews {
  readonly #sourceOf: (folderId: string) => ItemSource;
  readonly #clock: Clock;
  readonly #hierarchy: Hierarchy;
  /** Told of a folder whose view moved. */
  readonly #moved: (folderId: string) => void;
  readonly #views = new Map<string, FolderView>();

  constructor(parts: {
    sourceOf: (folderId: string) => ItemSource;
    clock: Clock;
    hierarchy: Hierarchy;
    moved: (folderId: string) => void;
  }) {
    this.#sourceOf = parts.sourceOf;
    this.#clock = parts.clock;
    this.#hierarchy = parts.hierarchy;
    this.#moved = parts.moved;
  }

  of(folderId: string): FolderView {
    let view = this.#views.get(folderId);
    if (!view) {
      view = new FolderView({
        source: this.#sourceOf(folderId),
        clock: this.#clock,
        backendId: () => this.#hierarchy.backendIdOf(folderId),
        markOf: (validity) => this.#hierarchy.markOf(folderId, validity),
        moved: () => this.#moved(folderId),
      });
      this.#views.set(folderId, view);
    }
    return view;
  }

  peek(folderId: string): FolderView | undefined {
    return this.#views.get(folderId);
  }

  /** Of the folder with this name at the backend, if there is a view of it, with its short id. */
  named(backendId: string): readonly [folderId: string, view: FolderView] | undefined {
    return [...this.#views].find(([folderId]) => this.#hierarchy.backendIdOf(folderId) === backendId);
  }

  markAllStale(): void {
    for (const view of this.#views.values()) view.markStale();
  }

  ids(): string[] {
    return [...this.#views.keys()];
  }

  forget(folderId: string): void {
    this.#views.delete(folderId);
  }
}
