/**
 * A user's work connections: opened when needed up to a limit, handed to one piece of work at a time, closed when idle.
 */
import { CaravanError, type Timer } from '../../platform/index.ts';
import { BackendError } from '../errors.ts';
import type { ImapEnvironment } from './configuration.ts';
import { backendErrorOf, ImapConnectionError } from './errors.ts';
import type { ImapSession } from './wire/session.ts';

/** `repeatable`: begun again on another connection when the first is lost. `once`: never, since it may have been done. */
export type Repetition = 'repeatable' | 'once';

interface Waiter {
  readonly resolve: (session: ImapSession | undefined) => void;
}

export class WorkConnections {
  readonly #environment: ImapEnvironment;
  readonly #open: () => Promise<ImapSession>;
  readonly #idle: { readonly session: ImapSession; readonly timer: Timer }[] = [];
  readonly #busy = new Set<ImapSession>();
  readonly #waiting: Waiter[] = [];
  #opening = 0;
  #isClosed = false;

  constructor(environment: ImapEnvironment, open: () => Promise<ImapSession>) {
    this.#environment = environment;
    this.#open = open;
  }

  /** Runs `task` with a connection of its own; throws BackendError, `what` saying what could not be done. */
  async run<T>(what: string, repetition: Repetition, task: (session: ImapSession) => Promise<T>): Promise<T> {
    try {
      return await this.#attempt(false, repetition, task);
    } catch (error) {
      if (repetition === 'once' || this.#isClosed || !(error instanceof ImapConnectionError))
        throw backendErrorOf(error, what);
    }
    try {
      return await this.#attempt(true, repetition, task);
    } catch (error) {
      throw backendErrorOf(error, what);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { session, timer } of this.#idle.splice(0)) {
      timer.cancel();
      session.close();
    }
    for (const session of this.#busy) session.end('the mailbox was closed');
    for (const waiter of this.#waiting.splice(0)) waiter.resolve(undefined);
  }

  async #attempt<T>(fresh: boolean, repetition: Repetition, task: (session: ImapSession) => Promise<T>): Promise<T> {
    // After one lost connection the idle ones are suspect too: the server restarted, or the network forgot them.
    for (const { session, timer } of fresh ? this.#idle.splice(0) : []) {
      timer.cancel();
      session.end('suspected to be dead');
    }
    const session = await this.#acquire(repetition);
    try {
      return await task(session);
    } finally {
      this.#release(session);
    }
  }

  async #acquire(repetition: Repetition): Promise<ImapSession> {
    for (;;) {
      if (this.#isClosed) throw closedError();
      const idle = this.#idle.pop();
      if (idle) {
        idle.timer.cancel();
        if (!idle.session.isOpen) continue;
        // Reserved before the first await, so that nobody opens one connection too many meanwhile.
        this.#busy.add(idle.session);
        // What must not be repeated does not begin on a connection that died while it was idle.
        if (repetition === 'once' && !(await isAlive(idle.session))) {
          this.#release(idle.session);
          continue;
        }
        return idle.session;
      }
      if (this.#busy.size + this.#opening < this.#environment.maxWorkConnections) {
        this.#opening++;
        try {
          const session = await this.#open();
          if (this.#isClosed) {
            session.close();
            throw closedError();
          }
          this.#busy.add(session);
          return session;
        } finally {
          this.#opening--;
          if (this.#busy.size === 0) this.#wakeOne();
        }
      }
      await new Promise<ImapSession | undefined>((resolve) => this.#waiting.push({ resolve }));
    }
  }

  #release(session: ImapSession): void {
    this.#busy.delete(session);
    if (session.isOpen && !this.#isClosed) {
      const timer = this.#environment.clock.after(this.#environment.timeouts.idleSeconds * 1_000, () => {
        const index = this.#idle.findIndex((each) => each.session === session);
        if (index >= 0) this.#idle.splice(index, 1);
        session.close();
      });
      this.#idle.push({ session, timer });
    } else session.close();
    this.#wakeOne();
  }

  #wakeOne(): void {
    this.#waiting.shift()?.resolve(undefined);
  }
}

async function isAlive(session: ImapSession): Promise<boolean> {
  try {
    await session.command('NOOP');
    return session.isOpen;
  } catch (error) {
    if (error instanceof CaravanError) return false;
    throw error;
  }
}

function closedError(): BackendError {
  return new BackendError('unavailable', 'the mailbox cannot be used', { why: 'it was closed' });
}
