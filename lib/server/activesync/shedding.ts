/**
 * What a server under pressure refuses first (ownership.md, Overload): first Syncs, then large windows, then fetches of
 * items, then what else can wait. Ping and mail that is sent are never refused here: they cost little, and a device that is
 * refused them asks more. Pressure is work that piles up and memory that runs out; a busy event loop alone refuses nobody,
 * since what waits because of it is counted.
 */
import { child, children, type CommandName, type Element, text } from '../../activesync/index.ts';
import { ServerError } from '../errors.ts';

/** In the order of refusing. */
export const SHED_KINDS = ['first-sync', 'large-window', 'item-fetch', 'other'] as const;
export type ShedKind = (typeof SHED_KINDS)[number];

export interface Pressure {
  /** Requests under way in relation to those that may be, 0 … 1. */
  readonly waitingWork: number;
  /** 0 … 1 of what the process may have. */
  readonly memoryShare: number;
}

/** Refused from either on. Work that is 1 is refused at the door, whatever it is. */
const FROM: Readonly<Record<ShedKind, Pressure>> = {
  'first-sync': { waitingWork: 0.6, memoryShare: 0.88 },
  'large-window': { waitingWork: 0.75, memoryShare: 0.91 },
  'item-fetch': { waitingWork: 0.9, memoryShare: 0.94 },
  other: { waitingWork: Number.POSITIVE_INFINITY, memoryShare: 0.97 },
};
/** What phones ask for is not more. */
const LARGE_WINDOW = 100;
const FETCHES: ReadonlySet<CommandName> = new Set<CommandName>(['ItemOperations', 'GetAttachment', 'Search', 'Find']);
const KEPT: ReadonlySet<CommandName> = new Set<CommandName>(['Ping', 'SendMail', 'SmartReply', 'SmartForward']);

/** Undefined: it is served as long as anything is. */
export function shedKindOf(command: CommandName, document: Element | undefined): ShedKind | undefined {
  if (KEPT.has(command)) return undefined;
  if (FETCHES.has(command)) return 'item-fetch';
  if (command !== 'Sync') return 'other';
  const collections = children(child(document, 'AirSync:Collections'), 'AirSync:Collection');
  if (collections.some((it) => text(it, 'AirSync:SyncKey') === '0')) return 'first-sync';
  if ([document, ...collections].some((it) => windowOf(it) > LARGE_WINDOW)) return 'large-window';
  const commands = collections.flatMap((it) => children(child(it, 'AirSync:Commands')));
  return commands.some(({ tag }) => tag === 'AirSync:Fetch') ? 'item-fetch' : 'other';
}

const windowOf = (it: Element | undefined): number => Number(text(it, 'AirSync:WindowSize') ?? 0);

export const isShed = (kind: ShedKind | undefined, { waitingWork, memoryShare }: Pressure): boolean =>
  kind !== undefined && (waitingWork >= FROM[kind].waitingWork || memoryShare >= FROM[kind].memoryShare);

/** Throws ServerError('busy'), a 503 with Retry-After, for what is to wait until the pressure is gone. */
export function shed(command: CommandName, document: Element | undefined, pressure: Pressure): void {
  const kind = shedKindOf(command, document);
  if (!isShed(kind, pressure)) return;
  const [work, memory] = [pressure.waitingWork, pressure.memoryShare].map((share) => `${Math.round(share * 100)} %`);
  throw new ServerError('busy', 'The server has too much to do for this request', {
    why: `${kind}; ${work} of the requests that it works on at once are taken, ${memory} of its memory`,
    remedy: 'The device tries again by itself; give users to other servers, or add one, if this goes on.',
  });
}
