/**
 * One flight: the folders, then the inbox, by a device that keeps its state while the function stays warm. What is measured is
 * whether devices are served, and how fast; it ends as two metrics of the pool, and a line that says what went wrong.
 */
import { DeviceClient, type DeviceState, FolderType, newDeviceState } from '../../lib/activesync/client/index.ts';
import {
  type Clock,
  EmbeddedMetrics,
  type Log,
  Metrics,
  type Random,
  reasonOf,
  sleep,
} from '../../lib/platform/index.ts';
import type { CanaryMailbox } from './mailbox.ts';

export interface CanaryParts {
  readonly url: string;
  readonly pool: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly write: (line: string) => void;
}

export interface Flight {
  readonly isServed: boolean;
  readonly seconds: number;
  readonly why?: string;
}

/** Always the same, or the user would run out of devices. */
const DEVICE_ID = 'caravancanary';
const WINDOW_SIZE = 25;
/** A canary that is still under way then was not served, and has time left to say so. */
const LIMIT_MS = 30_000;
const RETRY = { attempts: 2, maxRetryAfterSeconds: 5 };

export class Canary {
  readonly #parts: CanaryParts;
  readonly #metrics = new Metrics();
  readonly #format: EmbeddedMetrics;
  readonly #availability;
  readonly #latency;
  #state: DeviceState = newDeviceState();

  constructor(parts: CanaryParts) {
    this.#parts = parts;
    this.#format = new EmbeddedMetrics({ namespace: 'Caravan', dimensions: { Pool: parts.pool } });
    this.#availability = this.#metrics.gauge({
      name: 'caravan_canary_availability',
      help: 'Whether the canary was served: 1 or 0.',
    });
    this.#latency = this.#metrics.gauge({
      name: 'caravan_canary_seconds',
      help: 'How long the folders and the inbox of the canary took.',
      unit: 'seconds',
    });
  }

  /** Throws nothing: that it was not served is the result. A canary without its mailbox could not look: that throws. */
  async fly(mailbox: () => Promise<CanaryMailbox>): Promise<Flight> {
    const { clock, log, write } = this.#parts;
    const credentials = await mailbox();
    const startedAt = clock.monotonic();
    const why = await this.#sync(credentials).then(
      () => undefined,
      (thrown: unknown) => reasonOf(thrown),
    );
    const seconds = (clock.monotonic() - startedAt) / 1_000;
    const isServed = why === undefined;
    this.#availability.set(isServed ? 1 : 0);
    this.#latency.set(seconds);
    for (const line of this.#format.lines(this.#metrics.read(), clock.now())) write(line);
    if (isServed) return { isServed, seconds };
    log.error({ url: this.#parts.url, seconds, why }, 'The canary was not served');
    return { isServed, seconds, why };
  }

  async #sync({ user, password }: CanaryMailbox): Promise<void> {
    const { url, random, clock } = this.#parts;
    const client = new DeviceClient({ url, user, password, deviceId: DEVICE_ID, random, retry: RETRY }, this.#state);
    const over = new AbortController();
    const late = sleep(clock, LIMIT_MS, over.signal).then(() => {
      throw new Error(`no answer within ${LIMIT_MS} ms`);
    });
    late.catch(() => undefined);
    try {
      await Promise.race([syncInbox(client), late]);
    } catch (thrown) {
      // Whatever state it was in, the next flight begins anew.
      this.#state = newDeviceState();
      throw thrown;
    } finally {
      over.abort(new Error('it is over'));
      client.close();
    }
  }
}

async function syncInbox(client: DeviceClient): Promise<void> {
  await client.folderSync();
  const { serverId } = client.folder(FolderType.inbox);
  await client.syncAll({ collectionId: serverId, windowSize: WINDOW_SIZE });
}
