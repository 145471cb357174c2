/**
 * One boot of one server in its pool: it is put, it beats, and it knows by itself until when it may act. The beat runs on the
 * main event loop on purpose: a heartbeat thread proves only that the thread lives.
 */
import { type Log, type Random, randomName, sleep, type Timer } from '../platform/index.ts';
import type { PoolSettings, SessionStatus } from './pool.ts';
import { readServer } from './records.ts';
import { OWN_DEADLINE_SHARE } from './settings.ts';
import { type Settled, settle, type StoreAccess } from './settle.ts';
import { type BeatReport, beatWrite, drainWrite, leaveWrite, type ServerDescription, startWrite } from './writes.ts';

const BEAT_JITTER = 0.1;
/** After a beat without an answer the next try comes sooner, in parts of a beat. */
const RETRY_SHARE = 0.25;
const LEAVE_ATTEMPTS = 5;

export interface SessionOptions {
  readonly access: StoreAccess;
  readonly random: Random;
  readonly log: Log;
  readonly pool: string;
  readonly server: ServerDescription;
  readonly settings: PoolSettings;
  report(): BeatReport;
  /** See HomeGate; default: it is. */
  isOpen?(): boolean;
  /** The session may act no more, but may come back. */
  onSuspended(): void;
  onResumed(): void;
  /** The session is dead for ever: fenced by another, or its item is gone. */
  onFenced(why: string): void;
}

export class Session {
  readonly id: string;
  readonly #options: SessionOptions;
  readonly #stopped = new AbortController();
  #phase: 'starting' | 'up' | 'draining' | 'leaving' | SessionStatus = 'starting';
  #beat = 0;
  /** Monotonic. */
  #deadline = Number.NEGATIVE_INFINITY;
  /** The earliest instant at which the beat under way can have been applied, over all its attempts. */
  #mayBeAppliedSince: number | undefined;
  #deadlineTimer: Timer | undefined;
  #wasSuspended = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.id = randomName(options.random);
  }

  /** Whether this session may act now. Never cached by anybody: a pause of the process ends it between two lines. */
  isLive(): boolean {
    return this.#isServing() && this.#now() < this.#deadline && (this.#options.isOpen?.() ?? true);
  }

  get phase(): 'starting' | 'up' | 'draining' | 'leaving' | SessionStatus {
    return this.#phase;
  }

  /** Dead, or so near to it that nothing may begin. */
  get isOver(): boolean {
    return this.#phase === 'fenced' || this.#phase === 'left' || this.#stopped.signal.aborted;
  }

  /** Puts the item, as often as it takes, then beats. False if it was stopped before. */
  async start(): Promise<boolean> {
    const { pool, server, settings, log } = this.#options;
    while (!this.isOver) {
      const sentAt = this.#now();
      const write = startWrite(pool, this.id, server, this.#options.report(), this.#options.access.clock.now());
      const result = await settle(this.#options.access, write);
      if (this.isOver) return false;
      if (result.outcome === 'applied') {
        this.#phase = 'up';
        this.#extend(this.#appliedSince(result, sentAt));
        void this.#beatOn(sentAt);
        return true;
      }
      if (result.outcome === 'refused') {
        // Ended before it knew of its beginning: an attempt was applied long ago, and others saw no beat follow.
        this.#end('it was ended before its start was answered');
        return false;
      }
      this.#noteUnknown(result, sentAt);
      log.warn({ session: this.id }, 'The store does not answer; this server cannot join its pool yet');
      await this.#pause(settings.beatMs * RETRY_SHARE);
    }
    return false;
  }

  /** Tells the pool that this server takes nobody new. Resolves when that is written, or the session is over. */
  async drain(): Promise<void> {
    if (this.#phase === 'up') this.#phase = 'draining';
    while (this.#phase === 'draining' && !this.isOver) {
      const { access, pool, settings } = this.#options;
      const result = await settle(access, drainWrite(pool, this.id, access.clock.now()));
      if (result.outcome === 'applied') return;
      if (result.outcome === 'refused' && this.#isServing()) this.#end('it was ended by another while it drained');
      if (result.outcome === 'refused') return;
      await this.#pause(settings.beatMs * RETRY_SHARE);
    }
  }

  /** From here on nothing may act in this session's name. Others fence it where the store does not answer. */
  async leave(): Promise<void> {
    if (this.isOver) return;
    this.#phase = 'leaving';
    const { access, pool, settings } = this.#options;
    for (let attempt = 0; attempt < LEAVE_ATTEMPTS; attempt++) {
      const result = await settle(access, leaveWrite(pool, this.id, access.clock.now()));
      if (result.outcome !== 'unknown') break;
      await this.#pause(settings.beatMs * RETRY_SHARE);
    }
    this.#phase = 'left';
    this.stop();
  }

  /** Ends at once and says nothing to anybody. */
  stop(): void {
    this.#deadline = Number.NEGATIVE_INFINITY;
    this.#deadlineTimer?.cancel();
    this.#stopped.abort(new Error('the session was stopped'));
  }

  async #beatOn(startedAt: number): Promise<void> {
    const { settings, random } = this.#options;
    let sentAt = startedAt;
    let isAnswered = true;
    while (!this.isOver) {
      const jitter = 1 + BEAT_JITTER * (2 * random.number() - 1);
      const waitMs = isAnswered
        ? Math.max(0, sentAt + settings.beatMs * jitter - this.#now())
        : settings.beatMs * RETRY_SHARE * jitter;
      await this.#pause(waitMs);
      if (!this.#isServing()) return;
      sentAt = this.#now();
      isAnswered = await this.#beatOnce(sentAt);
    }
  }

  /** False where the store gave no answer that settles it. `sentAt` is read before the request leaves. */
  async #beatOnce(sentAt: number): Promise<boolean> {
    const { access, pool } = this.#options;
    const write = beatWrite(pool, this.id, this.#beat, this.#options.report(), access.clock.now());
    const result = await settle(access, write);
    if (!this.#isServing() || this.isOver) return true;
    if (result.outcome === 'unknown') {
      this.#noteUnknown(result, sentAt);
      return false;
    }
    if (result.outcome === 'refused') {
      const status = result.current && readServer(result.current).status;
      this.#end(status === undefined ? 'its item is gone' : `its item is not its own any more (${status})`);
      return true;
    }
    const appliedSince = this.#appliedSince(result, sentAt);
    this.#beat += 1;
    this.#extend(appliedSince);
    return true;
  }

  /**
   * An acknowledged beat was applied after it was sent. One that only a read or a refusal showed may have been applied by
   * any attempt since the last read that had not shown it: an observer may have begun to count from there.
   */
  #appliedSince(result: Settled, sentAt: number): number {
    const since =
      result.outcome === 'applied' && result.byEarlier ? Math.min(this.#mayBeAppliedSince ?? sentAt, sentAt) : sentAt;
    this.#mayBeAppliedSince = undefined;
    return since;
  }

  #noteUnknown(result: Settled & { outcome: 'unknown' }, sentAt: number): void {
    this.#mayBeAppliedSince = result.notAppliedAt ?? this.#mayBeAppliedSince ?? sentAt;
  }

  #extend(appliedSince: number): void {
    const { clock } = this.#options.access;
    this.#deadline = Math.max(this.#deadline, appliedSince + this.#options.settings.leaseMs * OWN_DEADLINE_SHARE);
    this.#deadlineTimer?.cancel();
    const leftMs = this.#deadline - this.#now();
    if (leftMs <= 0) return this.#suspend();
    this.#deadlineTimer = clock.after(leftMs, () => this.#suspend());
    if (!this.#wasSuspended) return;
    this.#wasSuspended = false;
    this.#options.log.info({ session: this.id }, 'This server may act again: its beat was applied, nobody fenced it');
    this.#options.onResumed();
  }

  #suspend(): void {
    if (this.#wasSuspended || !this.#isServing() || this.isLive()) return;
    this.#wasSuspended = true;
    this.#options.access.metrics.count('suspension');
    this.#options.log.warn({ session: this.id }, 'This server is suspended: its beat was not applied in time');
    this.#options.onSuspended();
  }

  #end(why: string): void {
    if (this.#phase === 'fenced' || this.#phase === 'left') return;
    this.#phase = 'fenced';
    this.stop();
    this.#options.log.warn({ session: this.id, why }, 'The session of this server has ended');
    this.#options.onFenced(why);
  }

  #isServing(): boolean {
    return this.#phase === 'up' || this.#phase === 'draining';
  }

  #now(): number {
    return this.#options.access.clock.monotonic();
  }

  async #pause(delayMs: number): Promise<void> {
    await sleep(this.#options.access.clock, delayMs, this.#stopped.signal).catch(() => undefined);
  }
}
