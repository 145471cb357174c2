// Where there are several pools: whether this one may own a user. Asked at every claim (docs/homes.md).
import type { Ownership } from './pool.ts';

/**
 * `here`: the user is at home in this pool under that home epoch; the claim writes it down, with the term of the pool.
 * `elsewhere`: not, or not any more; whatever this pool had under a home epoch up to `closed` is over. `unclear`: it cannot
 * be told now.
 */
export type HomeCheck =
  | { readonly kind: 'here'; readonly epoch: number; readonly term: number }
  | { readonly kind: 'elsewhere'; readonly closed: number }
  | { readonly kind: 'unclear'; readonly why: string };

export interface HomeGate {
  /** False: this pool may have been given up by now, and nothing may begin. Never cached by anybody. */
  isOpen(): boolean;
  /** The pool's, as this server knows it: what was checked under another does not count. */
  readonly term: number;
  /** `owner` is the user's item in this pool's store as it was read. */
  check(user: string, owner: Ownership | undefined): Promise<HomeCheck>;
}
