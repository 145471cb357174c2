/** What servers of a pool say to each other. Paths are of HTTP/2 streams; heads are JSON, bodies follow them (frames.ts). */
import { z } from 'zod';
import { COMMANDS, PROTOCOL_VERSIONS } from '../../activesync/index.ts';
import { type DeviceOrder, deviceOrder } from '../../administration/index.ts';
import type { Account } from '../../backends/index.ts';
import type { Reply, RoadCompletion, RoadRequest, RoadResult } from '../activesync/road.ts';

export const PEER_PATHS = {
  /** A device's request with a large body, to the user's owner. */
  execute: '/execute',
  /** Open as long as the connection: what is small and frequent (conversation-messages.ts). */
  tickets: '/tickets',
  /** An answer that was too large for it. */
  answer: '/answer',
  /** A user was given to you. */
  given: '/given',
  /** What people in charge want done to a user's devices, to the user's owner. */
  order: '/order',
  /** Which of a user's devices wait: for people who ask. */
  waiting: '/waiting',
} as const;

/** On the answer that opens the tickets: the session of the server that listens. */
export const SESSION_HEADER = 'caravan-session';

/** A request goes from its front to its owner and no further. */
export const MAX_HOPS = 1;

/** All of it: what is not named here is lost on the way to the owner. */
const account = z.object({
  user: z.string(),
  addresses: z.array(z.string()),
  displayName: z.string().optional(),
  zone: z.string().optional(),
} satisfies Readonly<Record<keyof Account, z.ZodType>>);
const credentials = z.object({ userName: z.string(), password: z.string() });
const headers = z.record(z.string(), z.string());

const executeHead = z.object({
  /** The owner as the front has it: an owner that is another one says so. */
  session: z.string(),
  epoch: z.number(),
  hops: z.number().max(MAX_HOPS),
  requestId: z.string(),
  address: z.string().optional(),
  account,
  credentials,
  line: z.object({
    command: z.enum(COMMANDS),
    version: z.enum(PROTOCOL_VERSIONS),
    user: z.string().optional(),
    deviceId: z.string(),
    deviceType: z.string(),
    policyKey: z.string().optional(),
    locale: z.string().optional(),
    parameters: z.object({
      attachmentName: z.string().optional(),
      collectionId: z.string().optional(),
      itemId: z.string().optional(),
      longId: z.string().optional(),
      occurrence: z.string().optional(),
      saveInSent: z.boolean(),
      acceptMultiPart: z.boolean(),
    }),
  }),
  contentType: z.string(),
  userAgent: z.string().optional(),
  traceparent: z.string().optional(),
  again: z.boolean(),
});

/** 421: the user is not this server's. `owner`: whose it is, as far as this server knows; the front judges whether it goes there. */
const movedHead = z.object({
  kind: z.literal('moved'),
  owner: z.object({ session: z.string(), address: z.string(), epoch: z.int() }).optional(),
});
const replyHead = z.object({
  kind: z.literal('reply'),
  status: z.number(),
  protocolStatus: z.number().optional(),
  headers,
});
const waitHead = z.object({
  kind: z.literal('wait'),
  ticket: z.string(),
  waitMs: z.number(),
  status: z.number(),
  protocolStatus: z.number().optional(),
  headers,
});
const resultHead = z.discriminatedUnion('kind', [movedHead, replyHead, waitHead]);
const completionHead = z.discriminatedUnion('kind', [
  replyHead.extend({ ticket: z.string() }),
  z.object({ kind: z.enum(['again', 'lost']), ticket: z.string() }),
]);
const givenHead = z.object({ user: z.string(), epoch: z.number(), account, credentials });

export type Moved = z.output<typeof movedHead>;
export type Given = z.output<typeof givenHead>;
export type PeerResult = RoadResult | Moved;
export interface Addressed {
  readonly session: string;
  readonly epoch: number;
}

export const executeMessage = {
  head: (request: Omit<RoadRequest, 'body'>, to: Addressed) => ({ ...to, hops: MAX_HOPS, ...request, body: undefined }),
  read(head: unknown, body: Uint8Array): { readonly request: RoadRequest; readonly to: Addressed } {
    const { session, epoch, hops: _, ...rest } = executeHead.parse(head);
    const { line } = rest;
    const request = {
      ...rest,
      body,
      address: rest.address,
      userAgent: rest.userAgent,
      line: { ...line, user: line.user, policyKey: line.policyKey, locale: line.locale },
    };
    return { request, to: { session, epoch } };
  },
};

export const resultMessage = {
  head: (result: PeerResult): z.input<typeof resultHead> => {
    if (result.kind !== 'wait') return result.kind === 'moved' ? result : replyHeadOf(result);
    const { ticket, waitMs, atDeadline } = result;
    return { ...replyHeadOf(atDeadline), kind: 'wait', ticket, waitMs };
  },
  body: (result: PeerResult): Uint8Array | undefined =>
    result.kind === 'reply' ? result.body : result.kind === 'wait' ? result.atDeadline.body : undefined,
  read(head: unknown, body: Uint8Array): PeerResult {
    const result = resultHead.parse(head);
    if (result.kind === 'moved') return result;
    const { status, protocolStatus, headers: given } = result;
    const reply: Reply = { kind: 'reply', status, protocolStatus, headers: given, body };
    return result.kind === 'reply'
      ? reply
      : { kind: 'wait', ticket: result.ticket, waitMs: result.waitMs, atDeadline: reply };
  },
};

export const completionMessage = {
  head: (ticket: string, completion: RoadCompletion): z.input<typeof completionHead> =>
    completion.kind === 'reply' ? { ...replyHeadOf(completion), ticket } : { kind: completion.kind, ticket },
  read(head: unknown, body: Uint8Array): { readonly ticket: string; readonly completion: RoadCompletion } {
    const { ticket, ...completion } = completionHead.parse(head);
    return { ticket, completion: completion.kind === 'reply' ? { ...completion, body } : completion };
  },
};

const waitingHead = z.object({ user: z.string() });
/** Null: the user is not served here. */
const waitingResultHead = z.object({ devices: z.array(z.string()).nullable() });

export const waitingMessage = {
  head: (user: string): z.input<typeof waitingHead> => ({ user }),
  read: (head: unknown): string => waitingHead.parse(head).user,
  resultHead: (devices: ReadonlySet<string> | undefined): z.input<typeof waitingResultHead> => ({
    devices: devices ? [...devices] : null,
  }),
  readResult(head: unknown): ReadonlySet<string> | undefined {
    const { devices } = waitingResultHead.parse(head);
    return devices === null ? undefined : new Set(devices);
  },
};

const orderHead = z.object({ session: z.string(), epoch: z.number(), user: z.string(), order: deviceOrder });
const orderResultHead = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done') }),
  movedHead,
  z.object({
    kind: z.literal('failed'),
    code: z.string(),
    what: z.string(),
    remedy: z.string().optional(),
  }),
]);

/** `failed`: what the order threw, to be thrown again where it was given. */
export type OrderResult = z.output<typeof orderResultHead>;

export const orderMessage = {
  head: (user: string, order: DeviceOrder, to: Addressed): z.input<typeof orderHead> => ({ ...to, user, order }),
  read(head: unknown): { readonly user: string; readonly order: DeviceOrder; readonly to: Addressed } {
    const { session, epoch, user, order } = orderHead.parse(head);
    return { user, order, to: { session, epoch } };
  },
  readResult: (head: unknown): OrderResult => orderResultHead.parse(head),
};

export const givenMessage = { read: (head: unknown): Given => givenHead.parse(head) };

const replyHeadOf = ({ status, protocolStatus, headers: given }: Reply) => ({
  kind: 'reply' as const,
  status,
  protocolStatus,
  headers: given,
});
