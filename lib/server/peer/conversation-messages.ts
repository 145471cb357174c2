/**
 * What goes over the one stream that lives as long as a connection between two servers (PEER_PATHS.tickets), beside completions:
 * small requests by number, their answers, closed tickets, and requests that nobody needs an answer to any more.
 */
import { z } from 'zod';
import type { RoadCompletion, RoadRequest } from '../activesync/road.ts';
import { type Addressed, completionMessage, executeMessage, type PeerResult, resultMessage } from './peer-messages.ts';

/** A larger body, of a request or an answer, has a stream of its own: nothing else waits behind it. */
export const SMALL_BODY_BYTES = 32 * 1024;

/** On the answer that opens the stream: the owner takes requests over it. One that does not say so has a stream for each. */
export const CARRIES_HEADER = 'caravan-carries';
export const CARRIES_REQUESTS = 'requests';

const closeHead = z.object({ close: z.string() });

export type ToOwner =
  /** `head`: for executeMessage.read. */
  | { readonly kind: 'call'; readonly id: number; readonly head: unknown; readonly body: Uint8Array }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'close'; readonly ticket: string };

export type ToFront =
  | { readonly kind: 'answer'; readonly id: number; readonly result: PeerResult }
  /** Too large for this stream: it is fetched over one of its own (PEER_PATHS.answer). */
  | { readonly kind: 'large'; readonly id: number }
  /** The owner could not read the request. */
  | { readonly kind: 'refused'; readonly id: number }
  | { readonly kind: 'completion'; readonly ticket: string; readonly completion: RoadCompletion };

export const toOwner = {
  call: (id: number, request: Omit<RoadRequest, 'body'>, to: Addressed) => ({
    call: id,
    ...executeMessage.head(request, to),
  }),
  cancel: (id: number) => ({ cancel: id }),
  close: (ticket: string): z.input<typeof closeHead> => ({ close: ticket }),
  /** Throws where it is none of these. */
  read(head: unknown, body: Uint8Array): ToOwner {
    if (has(head, 'call')) return { kind: 'call', id: idOf(head.call), head, body };
    if (has(head, 'cancel')) return { kind: 'cancel', id: idOf(head.cancel) };
    return { kind: 'close', ticket: closeHead.parse(head).close };
  },
};

export const toFront = {
  answer: (id: number, result: PeerResult) => ({ call: id, ...resultMessage.head(result) }),
  large: (id: number) => ({ call: id, kind: 'large' }),
  refused: (id: number) => ({ call: id, kind: 'refused' }),
  /** Throws where it is none of these, nor a completion. */
  read(head: unknown, body: Uint8Array): ToFront {
    if (!has(head, 'call')) return { kind: 'completion', ...completionMessage.read(head, body) };
    const id = idOf(head.call);
    const kind = has(head, 'kind') ? head.kind : undefined;
    if (kind === 'large' || kind === 'refused') return { kind, id };
    return { kind: 'answer', id, result: resultMessage.read(head, body) };
  },
};

/** Which answer is fetched. */
export const fetchMessage = {
  head: (id: number) => ({ call: id }),
  read: (head: unknown): number => idOf(has(head, 'call') ? head.call : undefined),
};

const has = <Name extends string>(head: unknown, name: Name): head is Readonly<Record<Name, unknown>> =>
  typeof head === 'object' && head !== null && name in head;

function idOf(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) <= 0) throw new Error('the number of a request is none');
  return value as number;
}
