// Gives everybody away before a server leaves: in random order, spread over the time there is, so that nobody else is flooded.
import { sleep } from '../platform/index.ts';
import { chooseServer } from './choose.ts';
import { give } from './give.ts';
import type { MemberContext } from './member-context.ts';
import { RELEASED } from './pool.ts';

/** The gives begin within this share of the drain time; the rest is for what they have to finish. */
const SPREAD_SHARE = 0.6;
/** Few users are not kept waiting for the sake of the spread. */
const LONGEST_GAP_MS = 500;
/** Between two looks for users whom others have claimed for this server before they saw it drain. */
const SWEEP_MS = 250;

/** Resolves when nobody is held here any more, or the time is up. */
export async function drainUsers(context: MemberContext, drainMs: number): Promise<void> {
  const endsAt = context.now() + drainMs;
  const session = context.session();
  const spreadMs = drainMs * SPREAD_SHARE;
  while (context.holdings.size > 0 && context.now() < endsAt && !session.isOver) {
    const users = context.holdings.shuffled(context.random);
    const gapMs = Math.min(LONGEST_GAP_MS, spreadMs / users.length);
    const gives: Promise<unknown>[] = [];
    for (const user of users) {
      if (session.isOver) break;
      gives.push(giveToAnybody(context, user));
      await sleep(context.access.clock, gapMs);
    }
    const left = new AbortController();
    await Promise.race([
      Promise.allSettled(gives),
      sleep(context.access.clock, Math.max(0, endsAt - context.now()), left.signal).catch(() => undefined),
    ]);
    left.abort(new Error('the gives are over'));
    if (context.holdings.size > 0) await sleep(context.access.clock, SWEEP_MS);
  }
}

function giveToAnybody(context: MemberContext, user: string): Promise<unknown> {
  const holding = context.holdings.get(user);
  const target = chooseServer({
    servers: context.candidates(),
    random: context.random,
    boundTo: holding?.boundTo,
  });
  return give(context, user, target?.session ?? RELEASED);
}
