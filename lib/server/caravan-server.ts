/** A whole server, alone or one of a pool: store, mail system, owner, door. */
import type { IncomingMessage } from 'node:http';
import { ACTIVESYNC_PATH } from '../activesync/index.ts';
import { ConfiguredPolicies } from '../administration/index.ts';
import type { Account } from '../backends/index.ts';
import { StoreOutbox } from '../outbox/index.ts';
import { type Clock, type Log, type Random, systemClock, systemRandom, traced } from '../platform/index.ts';
import { DEFAULT_SYNC_SETTINGS } from '../sync/index.ts';
import type { Configuration } from '../topology/index.ts';
import { startAdministration } from './administration-listener.ts';
import { ActiveSyncRoute } from './activesync/activesync-route.ts';
import { OwnerRoad } from './activesync/owner-road.ts';
import { Authenticator } from './authentication/authenticator.ts';
import { AutodiscoverRoute } from './autodiscover/autodiscover-route.ts';
import { openCertificateCheck, openDirectory } from './directory.ts';
import { openHomes } from './homes/open-homes.ts';
import { HealthRoute } from './http/health-route.ts';
import { HttpService } from './http/http-service.ts';
import { IncomingBodies } from './http/incoming-bodies.ts';
import type { RouteContext } from './http/route.ts';
import { RunningRequests } from './http/running-requests.ts';
import { EmfWriter } from './metrics/emf-writer.ts';
import { LoadSampler } from './metrics/load-sampler.ts';
import { openProcessProbes } from './metrics/process-probes.ts';
import { ServerMetrics } from './metrics/server-metrics.ts';
import { openMailQueue } from './mail-queue.ts';
import { openMailSystem } from './mail-system.ts';
import { Owner } from './owner.ts';
import { openStore } from './open-store.ts';
import { standalone } from './growth/standalone-placement.ts';
import type { Placement } from './placement.ts';
import { poolPlacement } from './pool-placement.ts';
import { loadCertificate, type TlsSource } from './tls/certificate.ts';
import { openTracing } from './tracing/open-tracing.ts';
import { RequestTraces } from './tracing/request-traces.ts';
import { tracedMail } from './tracing/traced-mail.ts';

export interface CaravanServer {
  /** Where it listens: `https://localhost:8443`. */
  readonly url: string;
  readonly port: number;
  readonly smtpInPort: number | undefined;
  /** Where those in charge are listened to, if they are. */
  readonly administrationPort: number | undefined;
  /** How many devices wait now. */
  readonly waitingCount: number;
  /** Resolves when an administrator has had it drained: it is to be stopped. */
  readonly left: Promise<void>;
  /** Refuses new requests, answers those that wait, lets the others finish, closes everything. */
  stop(): Promise<void>;
}

export interface ServerParts {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log: Log;
  /** Gives up a start that waits for its store or its pool. */
  readonly signal?: AbortSignal;
}

/** Throws ServerError, StoreError, BackendError: what, why, and what to do; what was opened by then is closed again. */
export async function startServer(configuration: Configuration, parts: ServerParts): Promise<CaravanServer> {
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const each of opened.splice(0).toReversed()) await each();
  };
  try {
    return await open(configuration, parts, opened, close);
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** `opened`: what is to be closed, in the order of opening; `close` closes it. */
async function open(
  configuration: Configuration,
  parts: ServerParts,
  opened: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<CaravanServer> {
  const { clock = systemClock, random = systemRandom } = parts;
  const { listen, limits } = configuration;
  const certificate = await loadCertificate(tlsSource(configuration), clock);
  const running = new RunningRequests(limits.maxConcurrentRequests);
  const bodies = new IncomingBodies(limits.maxConcurrentRequests);
  const metrics = new ServerMetrics();
  const tracing = await openTracing(configuration, {
    metrics: metrics.registry,
    session: () => place.session(),
    clock,
    random,
    log: parts.log,
  });
  opened.push(async () => tracing?.close());
  const tracer = tracing?.tracer;
  const log = tracing?.log ?? parts.log;
  const storeMetrics = tracing?.tap(metrics.store) ?? metrics.store;
  const waitingWork = () => running.count / limits.maxConcurrentRequests;
  const sampler = new LoadSampler({
    clock,
    probes: openProcessProbes(),
    waitingWork,
    devices: () => owner.deviceCount,
  });
  opened.push(async () => sampler.close());
  const kept = await openStore(configuration, { clock, random, log, metrics: sampler.tap(storeMetrics) });
  const { store } = kept;
  opened.push(() => store.close());
  const mail = await openMailSystem(configuration.mail, { clock, random, log });
  opened.push(() => mail.close());
  const mailSystem = tracer ? tracedMail(mail.system, tracer) : mail.system;
  const owner = new Owner({
    mail: mailSystem,
    store,
    clock,
    random,
    log,
    settings: DEFAULT_SYNC_SETTINGS,
    idleSeconds: limits.idleUserSeconds,
    onMonitorLag: (lagMs) => metrics.monitorLag(lagMs),
    onPoison: (cause) => metrics.poison(cause),
    onResync: (scope) => metrics.resync(scope),
  });
  opened.push(() => owner.close());
  const authenticator = new Authenticator({
    mail: mailSystem,
    clock,
    random,
    log,
    options: configuration.authentication,
  });
  const directory = await openDirectory(configuration.directory, { clock, random, log });
  if (directory) opened.push(() => directory.close());
  const certificates = await openCertificateCheck(configuration.smime, { clock, log });
  const queue = await openMailQueue(configuration, { random, log });
  opened.push(async () => queue?.queue.close());
  const waiting = queue && tracer ? { ...queue, queue: traced(queue.queue, tracer, 'outbox', ['put']) } : queue;
  const keepsCopy = configuration.mail.kind !== 'imap' || configuration.mail.sentCopy === 'append';
  const ownerRoad = new OwnerRoad({
    owner,
    policies: new ConfiguredPolicies(configuration),
    outbox: new StoreOutbox({ store, clock, random, log, keepsCopy, ...(waiting && { waiting }) }),
    directory: directory && tracer ? traced(directory, tracer, 'directory', ['find']) : directory,
    certificates,
    limits,
    pressure: () => ({ waitingWork: waitingWork(), memoryShare: sampler.sample.memoryShare }),
    clock,
    random,
    log,
  });
  const homes = await openHomes(configuration, store, { clock, random, log });
  opened.push(async () => homes?.close());
  const place: Placement = configuration.pool
    ? await poolPlacement(configuration, configuration.pool, {
        store,
        owner,
        ownerRoad,
        sampler,
        metrics,
        ...(homes && { homes }),
        tracer,
        clock,
        random,
        log,
      })
    : standalone(configuration, {
        store,
        owner,
        ownerRoad,
        storeMetrics,
        tracer,
        clock,
        random,
        log,
      });
  opened.push(() => place.close());
  const activesync = new ActiveSyncRoute({
    authenticator,
    running,
    bodies,
    road: place.road,
    homes: homes && configuration.pool && { door: homes.door, pool: configuration.pool.name },
    ...limits,
    onCommand: (command, reply, workedMs) => metrics.command(command, reply, workedMs),
    tracer,
    clock,
    random,
    log,
  });
  metrics.read({
    users: () => owner.userCount,
    devices: () => owner.deviceCount,
    waitingDevices: () => activesync.waitingCount,
    load: () => sampler.load(),
    process: () => sampler.sample,
  });
  let isStopping = false;
  let isUp = false;
  const url = () => `${certificate ? 'https' : 'http'}://${urlHost(listen.host)}:${port}`;
  const publicUrl = async (request: IncomingMessage, context: RouteContext, account?: Account) => {
    const home = account && (await homes?.door.url(account));
    return `${home ?? configuration.publicUrl?.replace(/\/$/, '') ?? requestedUrl(request, context) ?? url()}${ACTIVESYNC_PATH}`;
  };
  const http = new HttpService({
    routes: [
      activesync,
      new AutodiscoverRoute(authenticator, bodies, clock, publicUrl),
      new HealthRoute({
        notReady: () => (isStopping ? 'stopping' : isUp ? place.notReady() : 'starting'),
        checkStore: async () => void (await store.get({ partition: 'HEALTH', sort: 'CHECK' })),
        clock,
      }),
    ],
    options: { ...listen, certificate },
    running,
    mayServe: () => isUp,
    traces: tracer && new RequestTraces(tracer, configuration.trace),
    clock,
    random,
    log,
  });
  const port = await http.listen();
  const administration = await startAdministration(configuration, {
    store,
    place,
    map: homes?.map,
    metrics: metrics.registry,
    clock,
    random,
    log,
  });
  opened.push(() => administration.close());
  if (configuration.metrics.emf) {
    const writer = new EmfWriter({
      metrics: metrics.registry,
      clock,
      ...configuration.metrics,
      pool: configuration.metrics.name ?? configuration.pool?.name ?? 'standalone',
      session: () => place.session(),
      write: (line) => process.stdout.write(line),
    });
    opened.push(async () => writer.close());
  }
  const signal = parts.signal ?? new AbortController().signal;
  await kept.ready(signal);
  await place.join(signal);
  isUp = true;
  log.info({ session: place.session(), url: url(), mail: mail.system.name }, 'The server is up');
  return {
    url: url(),
    port,
    smtpInPort: mail.smtpInPort,
    administrationPort: administration.port,
    get waitingCount() {
      return activesync.waitingCount;
    },
    left: place.left,
    async stop() {
      isStopping = true;
      log.info({ session: place.session(), waiting: activesync.waitingCount }, 'The server stops');
      await place.drain();
      activesync.answerWaiting();
      await http.stop(configuration.drainSeconds * 1000);
      await close();
    },
  };
}

function tlsSource({ listen, data, publicUrl }: Configuration): TlsSource {
  if (listen.tls === 'off') return { kind: 'off' };
  if (listen.tls !== 'self-signed') return { kind: 'files', ...listen.tls };
  const named = publicUrl === undefined ? [] : [new URL(publicUrl).hostname];
  return { kind: 'self-signed', directory: data, hostNames: [...named, 'localhost', '127.0.0.1'] };
}

const urlHost = (host: string): string =>
  host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;

/** What the device called us: right where no public URL is configured, and any proxy between passes the name on. */
function requestedUrl(request: IncomingMessage, { isTls }: RouteContext): string | undefined {
  const host = request.headers.host;
  return host !== undefined && /^[\w.:[\]-]+$/.test(host) ? `${isTls ? 'https' : 'http'}://${host}` : undefined;
}
