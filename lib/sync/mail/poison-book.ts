/** `POISON#<device>#<item>`: messages that are kept from a device since they cannot be rendered or make it fail (rule 7). */
import { type Clock, type Log, reasonOf } from '../../platform/index.ts';
import { HiddenItem } from '../errors.ts';
import type { UserRecords } from '../user-records.ts';

export interface PoisonedItem {
  readonly deviceId: string;
  readonly serverId: string;
  readonly cause: 'not-rendered' | 'device-fails';
  readonly error?: unknown;
}

const WHY_LIMIT_CHARACTERS = 300;

export class PoisonBook {
  readonly #records: UserRecords;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onRecord: (cause: PoisonedItem['cause']) => void;

  constructor(records: UserRecords, clock: Clock, log: Log, onRecord: (cause: PoisonedItem['cause']) => void) {
    this.#records = records;
    this.#clock = clock;
    this.#log = log;
    this.#onRecord = onRecord;
  }

  /** Where an administrator sees it: in the log, in the store, and in the metrics. */
  async record(item: PoisonedItem): Promise<void> {
    const { deviceId, serverId, cause, error } = item;
    if (error instanceof HiddenItem) return;
    this.#log.warn({ deviceId, serverId, cause, error }, 'a message is kept from a device');
    this.#onRecord(cause);
    const sort = poisonSort(deviceId, serverId);
    try {
      const before = await this.#records.read(sort);
      const times = before?.attributes['times'];
      await this.#records.write(sort, before?.version, {
        device: deviceId,
        item: serverId,
        cause,
        ...(error !== undefined && { why: reasonOf(error).slice(0, WHY_LIMIT_CHARACTERS) }),
        lastAt: this.#clock.now(),
        times: typeof times === 'number' ? times + 1 : 1,
      });
    } catch (failure) {
      this.#log.error({ deviceId, serverId, error: failure }, 'a message kept from a device could not be recorded');
    }
  }
}

export function poisonSort(deviceId: string, serverId: string): string {
  return `POISON#${encodeURIComponent(deviceId)}#${serverId}`;
}
