/**
 * Moves a user on purpose: take no new command, finish those in flight, flush, answer waiting Pings, close the monitor, one
 * write, tell the target (ownership.md, "Moving users on purpose"). The lease is closed before the write is sent, for good:
 * a give without an answer may be applied at any time later.
 */
import { reasonOf, sleep } from '../platform/index.ts';
import type { Holding } from './holdings.ts';
import type { MemberContext } from './member-context.ts';
import { custodianOf, type Ownership, RELEASED } from './pool.ts';
import type { Session } from './session.ts';
import { settle } from './settle.ts';
import { successionWrite } from './writes.ts';

const FINISH_MS = 25_000;
/** For each of the hooks after it. */
const HOOK_MS = 5_000;
const WRITE_ATTEMPTS = 3;
const WRITE_RETRY_MS = 500;

export type GiveResult = 'given' | 'refused' | 'unknown';

/**
 * `target` is a session, or `RELEASED` where nobody may take the user: the next request claims; or a custody. `closed`: the user leaves this
 * pool, which has the user up to that home epoch.
 */
export async function give(context: MemberContext, user: string, target: string, closed?: number): Promise<GiveResult> {
  const session = context.session();
  const holding = context.holdings.get(user);
  const isPossible =
    target === RELEASED ||
    custodianOf(target) !== undefined ||
    (target !== session.id && context.observer.find(target) !== undefined);
  if (holding === undefined || holding.giving !== undefined || !holding.lease.isHeld() || !isPossible) return 'refused';
  const { promise, resolve } = Promise.withResolvers<void>();
  holding.giving = promise;
  try {
    await closeUser(context, holding);
    return await context.queue.run(user, () => hand(context, session, holding, target, closed));
  } finally {
    holding.giving = undefined;
    resolve();
  }
}

async function closeUser(context: MemberContext, { lease }: Holding): Promise<void> {
  const hooks = context.callbacks.give;
  await limited(context, 'finish', FINISH_MS, (signal) => hooks.finish(lease, signal));
  await limited(context, 'flush', HOOK_MS, () => hooks.flush(lease));
  await limited(context, 'answerWaiting', HOOK_MS, () => hooks.answerWaiting(lease));
  await limited(context, 'closeMonitor', HOOK_MS, () => hooks.closeMonitor(lease));
}

/** A hook that fails or takes too long is logged and left behind. */
async function limited(
  context: MemberContext,
  hook: string,
  limitMs: number,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const limit = new AbortController();
  const done = new AbortController();
  const timer = sleep(context.access.clock, limitMs, done.signal).then(
    () => limit.abort(new Error(`${hook} took longer than ${limitMs} ms`)),
    () => undefined,
  );
  try {
    await Promise.race([run(limit.signal), timer]);
    if (limit.signal.aborted)
      context.log.warn({ hook, limitMs }, 'A user is given away before everything was finished');
  } catch (thrown) {
    context.log.warn({ hook, error: reasonOf(thrown) }, 'A step of giving a user away failed');
  } finally {
    done.abort(new Error('the hook is over'));
  }
}

/** Runs alone for its user. */
async function hand(
  context: MemberContext,
  session: Session,
  holding: Holding,
  target: string,
  closed: number | undefined,
): Promise<GiveResult> {
  const { user, epoch } = holding.lease;
  // Lost meanwhile, by a fence: whoever has the user now has it by right.
  if (context.holdings.get(user) !== holding) return 'refused';
  const wasHeld = holding.lease.isHeld();
  context.holdings.drop(user);
  if (!wasHeld) {
    context.callbacks.onLost(user, epoch);
    return 'refused';
  }
  const owner: Ownership = {
    user,
    session: session.id,
    epoch,
    previous: undefined,
    boundTo: holding.boundTo,
    since: 0,
  };
  for (let attempt = 1; ; attempt++) {
    const mark = closed === undefined ? undefined : { closed };
    const result = await settle(context.access, successionWrite(owner, target, context.access.clock.now(), mark));
    if (result.outcome === 'applied') return given(context, holding, target);
    if (result.outcome === 'refused') {
      context.cache.forget(user);
      return 'refused';
    }
    if (attempt === WRITE_ATTEMPTS || session.isOver) break;
    await sleep(context.access.clock, WRITE_RETRY_MS);
  }
  context.unsettledGives.set(user, epoch);
  context.cache.forget(user);
  return 'unknown';
}

async function given(context: MemberContext, { lease }: Holding, target: string): Promise<'given'> {
  context.access.metrics.count('give');
  const custodian = custodianOf(target);
  const server = custodian === undefined ? context.observer.find(target) : context.observer.linkOf(custodian);
  if (target === RELEASED || server === undefined) {
    context.cache.forget(lease.user);
    return 'given';
  }
  const { session, address } = server;
  const epoch = lease.epoch + 1;
  context.cache.set(lease.user, { session, address, epoch });
  void limited(context, 'tell', HOOK_MS, () =>
    context.callbacks.give.tell({ user: lease.user, session, address, epoch }),
  );
  return 'given';
}
