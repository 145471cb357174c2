// The pool's items in the store: keys, and attributes to and from what the pool works with.
import type { Attributes, Item, Key } from '../store/index.ts';
import type { Ownership, ServerSession, SessionStatus } from './pool.ts';

/** Clean-up only: no rule reads it. A session that has not beaten for so long has been dead for days. */
const KEPT_SECONDS = 7 * 24 * 3600;
const SERVER_PREFIX = 'SERVER#';
const USER_PREFIX = 'USER#';
const OWNER = 'OWNER';

export const LIVE: readonly SessionStatus[] = ['up', 'draining'];
export const isLiveStatus = (status: SessionStatus): boolean => LIVE.includes(status);

export const poolPartition = (pool: string): string => `POOL#${pool}`;
export const serverKey = (pool: string, session: string): Key => ({
  partition: poolPartition(pool),
  sort: `${SERVER_PREFIX}${session}`,
});
export const ownerKey = (user: string): Key => ({ partition: `${USER_PREFIX}${user}`, sort: OWNER });
export const serverPrefix = SERVER_PREFIX;

/** Every write of a SERVER item moves its end seven days on (seconds, as a store's TTL counts). */
export const expiresAt = (nowMs: number): number => Math.floor(nowMs / 1000) + KEPT_SECONDS;

export function readServer(item: Item): ServerSession {
  const { attributes } = item;
  return {
    session: item.key.sort.slice(SERVER_PREFIX.length),
    beat: number(attributes, 'beat'),
    // An item with a status that nobody writes counts as ended: it can never beat.
    status: status(attributes['status']),
    address: text(attributes, 'address') ?? '',
    zone: text(attributes, 'zone') ?? '',
    build: text(attributes, 'build') ?? '',
    task: text(attributes, 'task'),
    standalone: text(attributes, 'standalone'),
    hasHomes: attributes['hasHomes'] === true,
    index: number(attributes, 'index'),
    available: attributes['available'] !== false,
    constrained: text(attributes, 'constrained'),
    users: number(attributes, 'users'),
    devices: number(attributes, 'devices'),
    seen: number(attributes, 'seen'),
    started: number(attributes, 'started'),
    ended: typeof attributes['ended'] === 'number' ? attributes['ended'] : undefined,
    orders: text(attributes, 'orders'),
    review: Array.isArray(attributes['review']) ? (attributes['review'] as readonly string[]) : [],
    reviewMark: text(attributes, 'reviewMark') ?? '',
  };
}

export function readOwnership(user: string, item: Item): Ownership {
  const { attributes } = item;
  return {
    user,
    session: text(attributes, 'session') ?? '',
    epoch: number(attributes, 'epoch'),
    previous: text(attributes, 'previous'),
    boundTo: text(attributes, 'boundTo'),
    since: number(attributes, 'since'),
    home: optionalNumber(attributes, 'home'),
    homeTerm: optionalNumber(attributes, 'homeTerm'),
    leaving: optionalNumber(attributes, 'leaving'),
    closed: optionalNumber(attributes, 'closed'),
  };
}

/** Undefined for what is no OWNER item. */
export function readOwner(item: Item): Ownership | undefined {
  const { partition, sort } = item.key;
  if (sort !== OWNER || !partition.startsWith(USER_PREFIX)) return undefined;
  return readOwnership(partition.slice(USER_PREFIX.length), item);
}

const text = (attributes: Attributes, name: string): string | undefined =>
  typeof attributes[name] === 'string' ? attributes[name] : undefined;
const optionalNumber = (attributes: Attributes, name: string): number | undefined =>
  typeof attributes[name] === 'number' ? attributes[name] : undefined;
const number = (attributes: Attributes, name: string): number =>
  typeof attributes[name] === 'number' ? attributes[name] : 0;
const status = (value: unknown): SessionStatus =>
  value === 'up' || value === 'draining' || value === 'left' ? value : 'fenced';
