/** The listener of those in charge, apart from the devices': `/metrics`, and with a token `/users`, `/devices` and `/pool`. */
import { DeviceDesk, HomesDesk, PoolDesk } from '../administration/index.ts';
import { UserMover } from '../migration/index.ts';
import type { Clock, Log, Metrics, Random } from '../platform/index.ts';
import type { HomeMap, StorePlace } from '../pool/homes/index.ts';
import { openDynamoStore, type Store } from '../store/index.ts';
import type { Configuration } from '../topology/index.ts';
import { DevicesRoute } from './http/devices-route.ts';
import { HttpService } from './http/http-service.ts';
import { JoinRoute } from './http/join-route.ts';
import { MetricsRoute } from './http/metrics-route.ts';
import { PoolRoute } from './http/pool-route.ts';
import { RunningRequests } from './http/running-requests.ts';
import type { Placement } from './placement.ts';

export interface AdministrationParts {
  readonly store: Store;
  readonly place: Placement;
  /** Where there are several pools. */
  readonly map?: HomeMap | undefined;
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
  const { store, place, map, metrics, clock, random, log } = parts;
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
  const devices = new DeviceDesk({
    store,
    domain: mail.domain,
    order: (user, order) => place.order(user, order),
    isServedHere: (user) => place.isServedHere(user),
  });
  const homes = map && openHomesDesk(map, mail.domain, { clock, random, log });
  const http = new HttpService({
    routes: [
      new MetricsRoute(metrics),
      ...(token === undefined
        ? []
        : [
            new JoinRoute({ migration: place.migration, token, log }),
            new DevicesRoute({ desk: devices, token, log }),
            new PoolRoute({ desk, homes, token, log }),
          ]),
    ],
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

function openHomesDesk(
  map: HomeMap,
  domain: string,
  parts: Pick<AdministrationParts, 'clock' | 'random' | 'log'>,
): HomesDesk {
  const openStore = ({ table, region, endpoint }: StorePlace) =>
    openDynamoStore({ table, ...parts, ...(region && { region }), ...(endpoint && { endpoint }) });
  return new HomesDesk({ map, mover: new UserMover({ map, openStore, ...parts }), openStore, domain, ...parts });
}
