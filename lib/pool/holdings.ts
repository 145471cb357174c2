// The users that this member holds.
import type { Random } from '../platform/index.ts';
import { HeldLease } from './held-lease.ts';
import type { Session } from './session.ts';

export interface Holding {
  readonly lease: HeldLease;
  /** Monotonic. */
  readonly since: number;
  /** Whether the user was another server's before. */
  readonly isMoved: boolean;
  boundTo: string | undefined;
  /** Set while the user is being given away; resolves when that is over. */
  giving: Promise<void> | undefined;
}

export class Holdings {
  readonly #byUser = new Map<string, Holding>();

  get(user: string): Holding | undefined {
    return this.#byUser.get(user);
  }

  get size(): number {
    return this.#byUser.size;
  }

  all(): readonly Holding[] {
    return [...this.#byUser.values()];
  }

  /** The holding of this epoch; an older one's lease is closed. */
  take(user: string, epoch: number, holder: Session, details: Pick<Holding, 'since' | 'isMoved' | 'boundTo'>): Holding {
    const present = this.#byUser.get(user);
    if (present !== undefined && present.lease.epoch === epoch && present.lease.session === holder.id) return present;
    present?.lease.close();
    const holding: Holding = { ...details, lease: new HeldLease(user, epoch, holder), giving: undefined };
    this.#byUser.set(user, holding);
    return holding;
  }

  drop(user: string): Holding | undefined {
    const holding = this.#byUser.get(user);
    holding?.lease.close();
    this.#byUser.delete(user);
    return holding;
  }

  /** All users in random order. */
  shuffled(random: Random): readonly string[] {
    const users = [...this.#byUser.keys()];
    for (let position = users.length - 1; position > 0; position--) {
      const other = Math.floor(random.number() * (position + 1));
      [users[position], users[other]] = [users[other] as string, users[position] as string];
    }
    return users;
  }
}
