/** A listener of one server and the links of another to it, over real sockets; what the listener's server does is the test's. */
import type { DeviceOrder } from '../../../../lib/administration/index.ts';
import { type Log, type LogFields, systemClock } from '../../../../lib/platform/index.ts';
import type { Front } from '../../../../lib/server/activesync/owner-road.ts';
import type { Reply, RoadCompletion, RoadRequest, RoadWait } from '../../../../lib/server/activesync/road.ts';
import { PeerListener, type PeerService } from '../../../../lib/server/peer/peer-listener.ts';
import type { Addressed, Given, OrderResult, PeerResult } from '../../../../lib/server/peer/peer-messages.ts';
import { Peers } from '../../../../lib/server/peer/peers.ts';
import { type PoolKeys, poolKeys } from '../../../../lib/server/peer/pool-key.ts';

export const POOL = 'main';
export const KEY = 'the first key of this pool';
export const NEXT_KEY = 'the second key of this pool';
export const OWNER = 'owner-session';

const LIMIT_MS = 10_000;
const POLL_MS = 10;

export interface LogLine {
  readonly level: string;
  readonly fields: LogFields;
  readonly message: string;
}

/** Keeps the lines. */
export function keptLog(): { readonly log: Log; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const logWith = (all: LogFields): Log => {
    const at = (level: string) => (own: LogFields, message: string) =>
      void lines.push({ level, fields: { ...all, ...own }, message });
    const child = (more: LogFields) => logWith({ ...all, ...more });
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child };
  };
  return { log: logWith({}), lines };
}

export interface OwnerOptions {
  readonly secrets?: readonly string[];
  readonly pool?: string;
  readonly session?: string;
  readonly port?: number;
  readonly bodyLimitBytes?: number;
  readonly execute?: (
    request: RoadRequest,
    to: Addressed,
    front: Front,
    signal: AbortSignal,
  ) => PeerResult | Promise<PeerResult>;
  /** Default: done. */
  readonly order?: () => OrderResult | Promise<OrderResult>;
}

export interface OwnerSide {
  readonly port: number;
  readonly address: string;
  readonly lines: LogLine[];
  readonly executed: {
    readonly request: RoadRequest;
    readonly to: Addressed;
    readonly front: Front;
    readonly signal: AbortSignal;
  }[];
  readonly ordered: { readonly user: string; readonly order: DeviceOrder; readonly to: Addressed }[];
  readonly closedTickets: string[];
  readonly given: Given[];
  close(): Promise<void>;
}

export async function startOwner(options: OwnerOptions = {}): Promise<OwnerSide> {
  const { secrets = [KEY], pool = POOL, session = OWNER, bodyLimitBytes = 64 * 1024 * 1024 } = options;
  const { log, lines } = keptLog();
  const executed: OwnerSide['executed'] = [];
  const ordered: OwnerSide['ordered'] = [];
  const closedTickets: string[] = [];
  const given: Given[] = [];
  const service: PeerService = {
    async execute(request, to, front, signal) {
      executed.push({ request, to, front, signal });
      return options.execute ? options.execute(request, to, front, signal) : reply(200);
    },
    async order(user, order, to) {
      ordered.push({ user, order, to });
      return options.order?.() ?? { kind: 'done' };
    },
    closeTicket: (ticket) => void closedTickets.push(ticket),
    given: async (it) => void given.push(it),
    waitingDevices: (user) => (user === 'ada' ? new Set(['phone']) : undefined),
  };
  const keys = poolKeys(pool, secrets);
  const place = { host: '127.0.0.1', port: options.port ?? 0 };
  const listener = new PeerListener({ ...place, keys, bodyLimitBytes, session: () => session, log }, service);
  const port = await listener.listen();
  const address = `127.0.0.1:${port}`;
  return { port, address, lines, executed, ordered, closedTickets, given, close: () => listener.close() };
}

export interface FrontSide {
  readonly peers: Peers;
  readonly lines: LogLine[];
  readonly completions: { readonly ticket: string; readonly completion: RoadCompletion }[];
  readonly lost: string[];
  readonly suspicions: string[];
}

export function startFront(keys: PoolKeys = poolKeys(POOL, [KEY])): FrontSide {
  const { log, lines } = keptLog();
  const completions: FrontSide['completions'] = [];
  const lost: string[] = [];
  const suspicions: string[] = [];
  const peers = new Peers({
    keys,
    answerLimitBytes: 64 * 1024 * 1024,
    clock: systemClock,
    log,
    onCompletion: (ticket, completion) => void completions.push({ ticket, completion }),
    onLost: (ticket) => void lost.push(ticket),
    onSuspect: (session, suspicion) => void suspicions.push(`${session} ${suspicion}`),
  });
  return { peers, lines, completions, lost, suspicions };
}

export const reply = (status: number, body: Uint8Array = new Uint8Array(0)): Reply => ({
  kind: 'reply',
  status,
  headers: { 'X-From': 'owner' },
  body,
});

export const wait = (ticket: string, waitMs = 60_000): RoadWait => ({
  kind: 'wait',
  ticket,
  waitMs,
  atDeadline: reply(200, Buffer.from('nothing new')),
});

export function request(more: Partial<RoadRequest> = {}): RoadRequest {
  return {
    requestId: 'r1',
    address: '192.0.2.1',
    account: { user: 'ada', addresses: ['ada@example.org'], displayName: 'Ada' },
    credentials: { userName: 'ada', password: 'ada-secret' },
    line: {
      command: 'Ping',
      version: '16.1',
      user: 'ada',
      deviceId: 'DEVICE1',
      deviceType: 'TestPhone',
      policyKey: undefined,
      locale: undefined,
      parameters: {
        attachmentName: undefined,
        collectionId: undefined,
        itemId: undefined,
        longId: undefined,
        occurrence: undefined,
        saveInSent: false,
        acceptMultiPart: false,
      },
    },
    contentType: 'application/vnd.ms-sync.wbxml',
    userAgent: 'TestPhone/1',
    body: Buffer.from([3, 1, 106, 0]),
    again: false,
    ...more,
  };
}

/** Resolves when it is true; rejects after a while. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`it did not come to this: ${what}`);
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}
