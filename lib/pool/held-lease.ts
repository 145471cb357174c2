import type { Lease } from './lease.ts';
import type { Session } from './session.ts';

/** A lease of this member: it ends with the session's deadline, or for ever when it is closed. */
export class HeldLease implements Lease {
  readonly user: string;
  readonly session: string;
  readonly epoch: number;
  readonly #holder: Session;
  #isOpen = true;

  constructor(user: string, epoch: number, holder: Session) {
    this.user = user;
    this.session = holder.id;
    this.epoch = epoch;
    this.#holder = holder;
  }

  isHeld(): boolean {
    return this.#isOpen && this.#holder.isLive();
  }

  close(): void {
    this.#isOpen = false;
  }
}
