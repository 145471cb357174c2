/**
 * Where a request for a user goes: read, or claim where nobody alive owns the user (ownership.md, "Routing"). Claiming is
 * lazy, on a device's request. An ownership counts only as a consistent read or an acknowledged write shows it.
 */
import { sleep } from '../platform/index.ts';
import { chooseServer } from './choose.ts';
import type { Holding } from './holdings.ts';
import type { MemberContext } from './member-context.ts';
import { custodianOf, type Location, type Ownership, RELEASED, type ServerSession, type StaleAnswer } from './pool.ts';
import { ownerKey, readOwnership } from './records.ts';
import type { Session } from './session.ts';
import { readItem, settle, type Write } from './settle.ts';
import { firstClaimWrite, type HomeMark, successionWrite } from './writes.ts';

/** New commands for a user who is being given away wait so long. */
const PARK_MS = 2_000;
/** Reads and claims for one request; more than two only when several fronts claim at once or the store gives no answer. */
const ATTEMPTS = 4;
const RETRY_AFTER_MS = 1_000;

type Step = Location | 'again';

export async function locate(context: MemberContext, user: string, stale?: StaleAnswer): Promise<Location> {
  const parkedUntil = context.now() + PARK_MS;
  for (;;) {
    const giving = context.holdings.get(user)?.giving;
    if (giving !== undefined) {
      const leftMs = parkedUntil - context.now();
      if (leftMs <= 0) return nowhere('the user is being given to another server');
      await parked(context, giving, leftMs);
      continue;
    }
    const known = locateByMemory(context, user, stale);
    if (known) return known;
    const found = await context.queue.run(user, () => resolve(context, user, stale));
    if (found !== 'again') return found;
  }
}

async function parked(context: MemberContext, giving: Promise<void>, leftMs: number): Promise<void> {
  const done = new AbortController();
  await Promise.race([giving, sleep(context.access.clock, leftMs, done.signal).catch(() => undefined)]);
  done.abort(new Error('the give is over'));
}

function locateByMemory(context: MemberContext, user: string, stale: StaleAnswer | undefined): Location | undefined {
  const holding = context.holdings.get(user);
  const isDoubted =
    holding !== undefined &&
    stale !== undefined &&
    stale.session === holding.lease.session &&
    stale.epoch >= holding.lease.epoch;
  if (holding !== undefined && !isDoubted) return serveHere(holding);
  const told = locateAsTold(context, user, stale);
  if (told) return told;
  const known = context.cache.get(user, stale);
  if (known === undefined || known.session === context.session().id) return undefined;
  return context.observer.find(known.session) === undefined ? undefined : { kind: 'theirs', ...known };
}

/** Nobody leads a request out of the pool: to a session that is seen in it, at the address of its own item, by a later epoch. */
function locateAsTold(context: MemberContext, user: string, stale: StaleAnswer | undefined): Location | undefined {
  const told = stale?.told;
  if (stale === undefined || told === undefined || told.epoch <= stale.epoch) return undefined;
  if (told.session === context.session().id) return undefined;
  const server = context.observer.find(told.session);
  return server?.address === told.address ? theirs(context, user, server, told.epoch) : undefined;
}

const serveHere = (holding: Holding): Location =>
  holding.lease.isHeld()
    ? { kind: 'mine', lease: holding.lease }
    : nowhere('this server is suspended: the store does not answer it');

/** Runs alone for its user. 'again' where a give of the user has begun meanwhile. */
async function resolve(context: MemberContext, user: string, stale: StaleAnswer | undefined): Promise<Step> {
  if (context.holdings.get(user)?.giving) return 'again';
  const known = locateByMemory(context, user, stale);
  if (known) return known;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const step = await readAndDecide(context, user, stale);
    if (context.holdings.get(user)?.giving) return 'again';
    if (step !== 'again') return step;
  }
  return nowhere('other servers claim the same user, or the store gives no clear answer');
}

async function readAndDecide(context: MemberContext, user: string, stale: StaleAnswer | undefined): Promise<Step> {
  const session = context.session();
  const read = await readItem(context.access, ownerKey(user));
  if (!read.ok) return nowhere('the store does not answer');
  if (context.session() !== session) return 'again';
  const owner = read.value && readOwnership(user, read.value);
  forgetIfLost(context, user, owner);
  if (owner === undefined) return claim(context, user, session, undefined);
  if (owner.session === session.id && !session.isOver) return adopt(context, owner, session);
  if (owner.session === RELEASED) return claim(context, user, session, owner);
  const custodian = custodianOf(owner.session);
  if (custodian !== undefined) return inCustody(context, owner, custodian, session);
  const seen = stale === undefined && context.observer.isFresh(owner.session) && context.observer.find(owner.session);
  if (seen) return theirs(context, user, seen, owner.epoch);
  const life = await context.observer.readLife(owner.session);
  if (!life.ok) return nowhere('the store does not answer');
  if (life.value === undefined) return claim(context, user, session, owner);
  return theirs(context, user, life.value, owner.epoch);
}

/** Nobody's to claim, whether the standalone server can be reached or not. */
async function inCustody(
  context: MemberContext,
  owner: Ownership,
  custodian: string,
  session: Session,
): Promise<Location> {
  const { observer } = context;
  // It may have come since the pool was read.
  if (observer.linkOf(custodian) === undefined) await observer.refresh();
  const link = observer.linkOf(custodian);
  if (link === undefined || link.session === session.id)
    return nowhere(`the standalone server ${custodian} has the user, and cannot be reached`);
  return theirs(context, owner.user, link, owner.epoch);
}

/** The store says that a lease held here is not ours any more. Only an administrator's hand can bring that about. */
function forgetIfLost(context: MemberContext, user: string, owner: Ownership | undefined): void {
  const holding = context.holdings.get(user);
  if (holding === undefined || holding.giving !== undefined) return;
  if (owner?.session === holding.lease.session && owner.epoch === holding.lease.epoch) return;
  context.lose(user);
}

/** The item names this session: by its own claim, or because another front claimed for it, or by a give. */
async function adopt(context: MemberContext, owner: Ownership, session: Session): Promise<Step> {
  if (!session.isLive()) return nowhere('this server is suspended: the store does not answer it');
  const home = await homeOf(context, owner.user, owner);
  if (home.kind !== 'here') return home;
  if (!session.isLive()) return 'again';
  if (context.unsettledGives.get(owner.user) !== owner.epoch)
    return hold(context, owner, owner.epoch, session, home.mark);
  // A give of this epoch had no answer and may yet be applied: only a newer epoch shuts it out.
  const result = await settle(
    context.access,
    successionWrite(owner, session.id, context.access.clock.now(), home.mark),
  );
  return result.outcome === 'applied' ? hold(context, owner, owner.epoch + 1, session, home.mark) : 'again';
}

async function claim(
  context: MemberContext,
  user: string,
  session: Session,
  owner: Ownership | undefined,
): Promise<Step> {
  if (!context.mayClaim()) return nowhere('this server is suspended: the store does not answer it');
  const home = await homeOf(context, user, owner);
  if (home.kind !== 'here') return home;
  if (!context.mayClaim() || context.session() !== session) return 'again';
  const target = chooseServer({
    servers: context.candidates(),
    random: context.random,
    self: session.id,
    previous: owner?.previous,
    boundTo: owner?.boundTo,
  });
  if (target === undefined) return nowhere('no server may take another user');
  const result = await settle(context.access, claimWrite(user, owner, target, context.access.clock.now(), home.mark));
  if (result.outcome !== 'applied') return 'again';
  context.access.metrics.count(owner === undefined || owner.session === RELEASED ? 'claim' : 'takeover');
  const epoch = (owner?.epoch ?? 0) + 1;
  if (target.session !== session.id) return theirs(context, user, target, epoch);
  const previous = owner?.session === RELEASED ? owner.previous : owner?.session;
  return hold(context, { user, boundTo: owner?.boundTo, previous }, epoch, session, home.mark);
}

const claimWrite = (
  user: string,
  owner: Ownership | undefined,
  target: ServerSession,
  nowMs: number,
  mark: HomeMark | undefined,
): Write =>
  owner === undefined
    ? firstClaimWrite(user, target.session, nowMs, mark)
    : successionWrite(owner, target.session, nowMs, mark);

type Homing =
  | { readonly kind: 'here'; readonly mark: HomeMark | undefined }
  | Extract<Location, { kind: 'away' | 'nowhere' }>;

/** Whether this pool may own the user; where it has lost the user, its own item says so from now on. */
async function homeOf(context: MemberContext, user: string, owner: Ownership | undefined): Promise<Homing> {
  if (context.homes === undefined) return { kind: 'here', mark: undefined };
  const home = await context.homes.check(user, owner);
  if (home.kind === 'here') return { kind: 'here', mark: { home: home.epoch, homeTerm: home.term } };
  if (home.kind === 'unclear') return nowhere(home.why);
  const { closed } = home;
  if (owner !== undefined && (owner.closed ?? 0) < closed && closed > 0)
    await settle(context.access, successionWrite(owner, RELEASED, context.access.clock.now(), { closed }));
  context.lose(user);
  return { kind: 'away' };
}

function hold(
  context: MemberContext,
  owner: Pick<Ownership, 'user' | 'boundTo' | 'previous'>,
  epoch: number,
  session: Session,
  mark: HomeMark | undefined,
): Step {
  if (context.session() !== session || session.isOver) return 'again';
  // The pool's users were given to others since the home was looked at.
  if (mark !== undefined && 'homeTerm' in mark && mark.homeTerm !== context.homes?.term) return 'again';
  context.cache.forget(owner.user);
  context.unsettledGives.delete(owner.user);
  const details = { since: context.now(), isMoved: owner.previous !== undefined, boundTo: owner.boundTo };
  return serveHere(context.holdings.take(owner.user, epoch, session, details));
}

function theirs(context: MemberContext, user: string, server: ServerSession, epoch: number): Location {
  const known = { session: server.session, address: server.address, epoch };
  context.cache.set(user, known);
  return { kind: 'theirs', ...known };
}

const nowhere = (why: string): Extract<Location, { kind: 'nowhere' }> => ({
  kind: 'nowhere',
  retryAfterMs: RETRY_AFTER_MS,
  why,
});
