/** What a server counts of itself, by the names under which the world knows it. */
import { type CommandName, isStatusOf } from '../../activesync/index.ts';
import { Metrics } from '../../platform/index.ts';
import type { Load, PoolEvent, PoolMetrics } from '../../pool/index.ts';
import type { StoreMetrics } from '../../store/index.ts';
import type { ResyncScope } from '../../sync/index.ts';
import type { ProcessSample } from './process-probes.ts';

const POOL_EVENTS: readonly PoolEvent[] = [
  'claim',
  'takeover',
  'give',
  'fence',
  'suspension',
  'rejoin',
  'conditional-failure',
  'unknown-result',
];

/** What is read when somebody asks. */
export interface MetricSources {
  readonly users: () => number;
  readonly devices: () => number;
  readonly waitingDevices: () => number;
  readonly load: () => Load;
  readonly process: () => ProcessSample;
}

export class ServerMetrics {
  readonly registry = new Metrics();
  readonly pool: PoolMetrics;
  readonly store: StoreMetrics;
  readonly #commands = this.registry.counter({
    name: 'caravan_commands',
    help: 'Commands answered, by the status of the HTTP answer and the one of the protocol in it.',
    labels: ['command', 'status', 'protocol_status'],
  });
  readonly #commandSeconds = this.registry.histogram({
    name: 'caravan_command_seconds',
    help: 'Time from the request to its answer, or until the device waits.',
    unit: 'seconds',
    labels: ['command'],
  });
  readonly #proxied = this.registry.counter({
    name: 'caravan_proxied_commands',
    help: "Commands that another server answered, since it is the user's owner.",
  });
  readonly #monitorLag = this.registry.histogram({
    name: 'caravan_monitor_lag_seconds',
    help: 'Time from what the mail system told to the folder looked at, for folders that a device waits for.',
    unit: 'seconds',
  });

  readonly #poison = this.registry.counter({
    name: 'caravan_poison_items',
    help: 'Items kept from a device for now, since they cannot be rendered or make the device fail.',
    labels: ['cause'],
  });

  readonly #resyncs = this.registry.counter({
    name: 'caravan_resyncs',
    help: 'Devices told that their sync key is not known, so that they begin a collection or the folders again.',
    labels: ['scope'],
  });

  constructor() {
    for (const scope of ['collection', 'folders']) this.#resyncs.add({ scope }, 0);
    for (const cause of ['not-rendered', 'device-fails']) this.#poison.add({ cause }, 0);
    const events = this.registry.counter({
      name: 'caravan_pool_events',
      help: 'Claims, takeovers (claims over a dead session), gives, fences, conditions that failed, results that were unknown.',
      labels: ['event'],
    });
    for (const event of POOL_EVENTS) events.add({ event }, 0);
    this.pool = { count: (event) => events.add({ event }) };
    const operations = this.registry.counter({
      name: 'caravan_store_operations',
      help: 'Requests to the store, each retry and each page one.',
      labels: ['operation', 'result'],
    });
    const seconds = this.registry.histogram({
      name: 'caravan_store_operation_seconds',
      help: 'Time of a request to the store.',
      unit: 'seconds',
      labels: ['operation'],
    });
    this.store = {
      observe(operation, result, durationMs) {
        operations.add({ operation, result });
        seconds.observe(durationMs / 1000, { operation });
      },
    };
  }

  /** A command was answered. `workedMs` leaves out the time in which its device waited for something to happen. */
  command(
    command: CommandName,
    { status, protocolStatus }: { readonly status: number; readonly protocolStatus?: number | undefined },
    workedMs: number,
  ): void {
    this.#commands.add({ command, status: String(status), protocol_status: labelOf(command, protocolStatus) });
    this.#commandSeconds.observe(workedMs / 1000, { command });
  }

  proxied(): void {
    this.#proxied.add();
  }

  poison(cause: 'not-rendered' | 'device-fails'): void {
    this.#poison.add({ cause });
  }

  resync(scope: ResyncScope): void {
    this.#resyncs.add({ scope });
  }

  monitorLag(lagMs: number): void {
    this.#monitorLag.observe(lagMs / 1000);
  }

  /** Once, when there is something to read. */
  read(sources: MetricSources): void {
    const { registry } = this;
    registry.gaugeOf(
      { name: 'caravan_availability_index', help: 'From -100, which refuses, to 100, which is idle.' },
      () => sources.load().index,
    );
    registry.gaugeOf({ name: 'caravan_constrained', help: '1 while the server takes nobody new.' }, () =>
      sources.load().constrained === undefined ? 0 : 1,
    );
    registry.gaugeOf({ name: 'caravan_users', help: 'Users whose mail is monitored here.' }, sources.users);
    registry.gaugeOf({ name: 'caravan_devices', help: 'Devices of those users.' }, sources.devices);
    registry.gaugeOf(
      { name: 'caravan_waiting_devices', help: 'Devices whose requests are held here, whoever owns their users.' },
      sources.waitingDevices,
    );
    registry.gaugeOf(
      {
        name: 'caravan_event_loop_delay_seconds',
        help: 'The 99th percentile of how late the event loop was in the last sample.',
        unit: 'seconds',
      },
      () => sources.process().eventLoopDelayMs / 1000,
    );
    registry.gaugeOf(
      {
        name: 'caravan_event_loop_utilization_ratio',
        help: 'The share of the last sample in which the event loop worked.',
        unit: 'ratio',
      },
      () => sources.process().eventLoopUtilization,
    );
    registry.gaugeOf(
      { name: 'caravan_memory_bytes', help: 'Memory that the process has resident.', unit: 'bytes' },
      () => sources.process().memoryBytes,
    );
    registry.gaugeOf(
      { name: 'caravan_memory_ratio', help: 'The share of the memory that the process may have.', unit: 'ratio' },
      () => sources.process().memoryShare,
    );
  }
}

/** One of the protocol's own, whatever another server tells. */
function labelOf(command: CommandName, protocolStatus: number | undefined): string {
  if (protocolStatus === undefined) return 'none';
  return isStatusOf(command, protocolStatus) ? String(protocolStatus) : 'other';
}
