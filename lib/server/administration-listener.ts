/** The listener of those in charge, apart from the devices': `/metrics`, and with a token `/pool`. */
import { PoolDesk } from '../administration/index.ts';
import type { Clock, Log, Metrics, Random } from '../platform/index.ts';
import type { Store } from '../store/index.ts';
import type { Configuration } from '../topology/index.ts';
import { HttpService } from './http/http-service.ts';
import { MetricsRoute } from './http/metrics-route.ts';
import { PoolRoute } from './http/pool-route.ts';
import { RunningRequests } from './http/running-requests.ts';
import type { Placement } from './placement.ts';

export interface AdministrationParts {
  readonly store: Store;
  readonly place: Placement;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface AdministrationListener {
  /** Undefined where none is configured. */
  readonly port: number | undefined;
  close(): Promise<void>;
}

const KEEP_ALIVE_SECONDS = 5;
const STOP_MS = 1_000;
const CALLS_AT_ONCE = 100;

/** Throws ServerError('cannot-listen'). */
export async function startAdministration(
  { administration, mail, pool }: Configuration,
  parts: AdministrationParts,
): Promise<AdministrationListener> {
  const { host, port, token } = administration;
  if (port === undefined) return { port: undefined, close: async () => {} };
  const { store, place, metrics, clock, random, log } = parts;
  const desk =
    pool &&
    new PoolDesk({
      store,
      clock,
      random,
      pool: pool.name,
      leaseMs: pool.leaseMs,
      domain: mail.domain,
      waitingDevices: (user, owner) => place.waitingDevices(user, owner),
    });
  const http = new HttpService({
    routes: [new MetricsRoute(metrics), ...(token === undefined ? [] : [new PoolRoute({ desk, token, log })])],
    options: { host, port, certificate: undefined, trustedProxies: [], keepAliveSeconds: KEEP_ALIVE_SECONDS },
    running: new RunningRequests(CALLS_AT_ONCE),
    clock,
    random,
    log,
  });
  const opened = await http.listen();
  log.info({ host, port: opened }, 'Those in charge are listened to');
  return { port: opened, close: () => http.stop(STOP_MS) };
}
