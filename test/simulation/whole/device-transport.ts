/**
 * The way of a device's requests through a sprayer to whatever server: slow, lost on the way there or back, cut when the
 * server dies. The sprayer probes its servers, and its picture of them is a little old.
 */
import type { Transport, TransportRequest, TransportResponse } from '../../../lib/activesync/client/index.ts';
import type { Scheduler } from '../support/scheduler.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { SimulatedNetwork } from '../support/simulated-network.ts';
import type { SimulatedProcess } from '../support/simulated-process.ts';
import type { HttpAnswer, HttpRequest, SimulatedResponse } from './simulated-http.ts';
import type { WholeServer } from './whole-server.ts';

export const SPRAYER = 'sprayer';

export interface TransportWorld {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  living(): readonly WholeServer[];
  /** Probabilities per request. */
  readonly deviceFaults: { readonly lostRequest: number; readonly lostAnswer: number };
  /** Connections, to be cut when their server dies. */
  readonly connections: Set<Connection>;
  readonly history: { note(text: string): void };
}

export interface Connection {
  readonly server: SimulatedProcess;
  cut(): void;
}

const LATENCY_MS = [5, 60] as const;
/** What the client gives a request that waits for nothing; a phone gives it up sooner. */
const ORDINARY_MS = 90_000;
const PATIENCE_MS = 30_000;
const STALE_PROBE = 0.15;

export class DeviceTransport implements Transport {
  /** Syncs that ended without an answer: each may yet be carried out, after whatever the device asks next. */
  lostSyncs = 0;
  readonly #world: TransportWorld;
  readonly #device: SimulatedProcess;

  constructor(world: TransportWorld, device: SimulatedProcess) {
    this.#world = world;
    this.#device = device;
  }

  request(request: TransportRequest): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      const { connections } = this.#world;
      const { url, method, headers, body = new Uint8Array() } = request;
      let response: SimulatedResponse | undefined;
      let isOver = false;
      const command = /Cmd=(\w+)/.exec(url)?.[1] ?? method;
      const end = (task: () => void) => {
        if (isOver) return;
        isOver = true;
        limit.cancel();
        request.signal?.removeEventListener('abort', abort);
        if (connection) connections.delete(connection);
        task();
      };
      const lose = (why: string) =>
        end(() => {
          if (command === 'Sync') this.lostSyncs += 1;
          reject(new Error(why));
        });
      const give = (why: string) =>
        end(() => {
          if (command === 'Sync') this.lostSyncs += 1;
          this.#note(why);
          this.#travel(() => response?.hangUp());
          reject(new Error(why));
        });
      const abort = () => give('the device hung up');
      const limitMs = request.timeoutMs === ORDINARY_MS ? PATIENCE_MS : request.timeoutMs;
      const limit = this.#device.clock.after(limitMs, () => give('no answer came'));
      request.signal?.addEventListener('abort', abort, { once: true });
      const server = this.#spray();
      const connection: Connection | undefined = server && {
        server: server.process,
        cut: () => this.#toDevice(() => lose('the connection was reset')),
      };
      if (!server || !connection) return this.#toDevice(() => lose('nobody is there'));
      connections.add(connection);
      this.#note(`${command} → ${server.process.name}`);
      const answered = (answer: HttpAnswer) => {
        this.#note(`${command} ← ${server.process.name}: ${answer.status}, ${answer.body.length} bytes`);
        if (this.#chance('lostAnswer')) return;
        this.#toDevice(() => end(() => resolve(textHeaders(answer))));
      };
      if (this.#chance('lostRequest')) return;
      const { pathname, search } = new URL(url);
      const http: HttpRequest = { method, url: `${pathname}${search}`, headers, body };
      this.#travel(() =>
        server.process.deliver(() => {
          if (!isOver) response = server.serve(http, answered);
        }),
      );
    });
  }

  close(): void {}

  #spray(): WholeServer | undefined {
    const { random } = this.#world;
    const living = this.#world.living();
    const healthy = living.filter((it) => it.isHealthy);
    const choice = healthy.length === 0 || random.chance(STALE_PROBE) ? living : healthy;
    return choice.length === 0 ? undefined : random.pick(choice);
  }

  #note(text: string): void {
    this.#world.history.note(`${this.#device.name} ${text}`);
  }

  #chance(kind: 'lostRequest' | 'lostAnswer'): boolean {
    return this.#world.random.chance(this.#world.deviceFaults[kind]);
  }

  #toDevice(arrive: () => void): void {
    this.#travel(() => this.#device.deliver(arrive));
  }

  /** Between the device and the sprayer nothing passes while the two are parted, and nobody is told. */
  #travel(arrive: () => void): void {
    const { scheduler, random, network } = this.#world;
    if (network.isParted(this.#device.name, SPRAYER)) return;
    scheduler.after(random.between(...LATENCY_MS), arrive);
  }
}

function textHeaders({ status, headers, body }: HttpAnswer): TransportResponse {
  const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return { status, headers: texts, body };
}
