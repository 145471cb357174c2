/** One server behind the sprayer: whether it takes requests, and the connections that are kept to it. */
import { Agent, get } from 'node:http';
import { type Clock, type Log, reasonOf, type Timer } from '../../platform/index.ts';

export interface TargetAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface HealthOptions {
  /** Answers 200 while the server may be sent requests. Default `/ready`. */
  readonly path: string;
  /** Default 500. */
  readonly intervalMs: number;
  /** Default 1,000. */
  readonly timeoutMs: number;
  /** So many good answers in a row bring a target back; the very first brings a new one in. Default 2. */
  readonly healthyThreshold: number;
  /** So many bad ones take it out. Default 2. */
  readonly unhealthyThreshold: number;
}

export const DEFAULT_HEALTH: HealthOptions = {
  path: '/ready',
  intervalMs: 500,
  timeoutMs: 1_000,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
};

/** `initial`: not known yet. `draining`: taken out on purpose; what it has under way goes on. */
export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining';

export class Target {
  readonly address: TargetAddress;
  /** A connection carries one request at a time and is used again. */
  readonly agent = new Agent({ keepAlive: true });
  readonly #health: HealthOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stopped = new AbortController();
  #state: TargetState = 'initial';
  #good = 0;
  #bad = 0;
  #why: string | undefined;
  #timer: Timer | undefined;
  /** Requests under way. */
  active = 0;

  constructor(address: TargetAddress, health: HealthOptions, clock: Clock, log: Log) {
    this.address = address;
    this.#health = health;
    this.#clock = clock;
    this.#log = log.child({ target: address.name });
    void this.#check();
  }

  get state(): TargetState {
    return this.#state;
  }

  /** Why it is not healthy. */
  get why(): string | undefined {
    return this.#why;
  }

  /** Nothing new is sent to it, whatever it says of itself, until `undrain`. */
  drain(): void {
    this.#become('draining', 'it is being stopped');
  }

  /** Begins anew: for a server that was started again in its place. */
  undrain(): void {
    this.#become('initial', undefined);
    [this.#good, this.#bad] = [0, 0];
  }

  close(): void {
    this.#stopped.abort();
    this.#timer?.cancel();
    this.agent.destroy();
  }

  async #check(): Promise<void> {
    const why = await this.#ask();
    if (this.#stopped.signal.aborted) return;
    if (this.#state !== 'draining') this.#note(why);
    this.#timer = this.#clock.after(this.#health.intervalMs, () => void this.#check());
  }

  #note(why: string | undefined): void {
    this.#good = why === undefined ? this.#good + 1 : 0;
    this.#bad = why === undefined ? 0 : this.#bad + 1;
    const { healthyThreshold, unhealthyThreshold } = this.#health;
    if (this.#good >= (this.#state === 'initial' ? 1 : healthyThreshold)) this.#become('healthy', undefined);
    else if (this.#bad >= unhealthyThreshold) this.#become('unhealthy', why);
  }

  #become(state: TargetState, why: string | undefined): void {
    this.#why = why;
    if (this.#state === state) return;
    this.#log.info({ from: this.#state, to: state, why }, 'A server behind the sprayer has changed');
    this.#state = state;
    if (state === 'healthy') return;
    // What carries nothing now carries nothing any more: the server may close it at any time.
    for (const sockets of Object.values(this.agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  /** Undefined if it is well, else what is wrong. */
  #ask(): Promise<string | undefined> {
    const { host, port } = this.address;
    const { path, timeoutMs } = this.#health;
    return new Promise((resolve) => {
      // A connection of its own each time: one that is kept would hide a listener that has gone.
      const request = get({ host, port, path, agent: false, headers: { Connection: 'close' } }, (response) => {
        response.resume();
        const { statusCode = 0 } = response;
        response.once('close', () => {
          timer.cancel();
          resolve(statusCode === 200 ? undefined : `${path} answers ${statusCode}`);
        });
      });
      const timer = this.#clock.after(timeoutMs, () =>
        request.destroy(new Error(`${path} does not answer within ${timeoutMs} ms`)),
      );
      this.#stopped.signal.addEventListener('abort', () => request.destroy(), { once: true });
      request.on('error', (cause) => {
        timer.cancel();
        resolve(reasonOf(cause));
      });
    });
  }
}
