/**
 * Who should give users to whom: one pure function of the SERVER items and the time of day, run once a minute by a scheduled
 * function or by one server of the pool (ownership.md, "Moving users on purpose"). It says how many; the giver, who knows
 * them, says which (`select-users.ts`).
 */
import { newestBuild } from './build.ts';
import { isEligible } from './choose.ts';
import type { ServerSession } from './pool.ts';

/** Nothing is moved for balance so soon after a server joined or ended, except to the one that joined. */
export const SETTLING_MS = 5 * 60_000;
/** A server under the median by so many points gives users away. */
const UNDER_MEDIAN_POINTS = 15;
const REBALANCE_SHARE = 0.02;
/** A constrained server must get well: its users suffer more from staying than from moving. */
const OVERLOAD_SHARE = 0.05;
/** A server that has joined gets its share within so many runs, and so in well under five minutes. */
const JOIN_RUNS = 3;
const JOIN_SHARE = 0.1;
const JOINED_MS = 10 * 60_000;
/** Servers that began within so long of each other began together: none of them has joined the other. */
const TOGETHER_MS = 5_000;
const RUN_MS = 60_000;

export interface Give {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

/** `servers` are the pool's items, ended ones too; `nowMs` is the wall clock, good to a few seconds. */
export function balance(servers: readonly ServerSession[], nowMs: number): readonly Give[] {
  const up = servers.filter((it) => it.status === 'up' && it.standalone === undefined);
  const eligible = up.filter(isEligible);
  const build = newestBuild(eligible.map((it) => it.build));
  const takers = eligible.filter((it) => it.build === build);
  const gives = up.filter((it) => it.constrained !== undefined).flatMap((it) => relieve(it, takers));
  const joined = takers.filter((it) => nowMs - it.started < JOINED_MS);
  const welcoming = welcome(eligible, joined, nowMs);
  if (welcoming.length > 0) return [...gives, ...welcoming];
  const changedAt = Math.max(...servers.map((it) => Math.max(it.started, it.ended ?? 0)));
  if (nowMs - changedAt < SETTLING_MS) return gives;
  return [...gives, ...level(up, takers)];
}

const relieve = (giver: ServerSession, takers: readonly ServerSession[]): readonly Give[] =>
  spread(giver, shareOf(giver, OVERLOAD_SHARE), takers);

/** Evens the number of users with servers that have just joined: nothing else tells a new server from an idle one. */
function welcome(eligible: readonly ServerSession[], joined: readonly ServerSession[], nowMs: number): readonly Give[] {
  const wanted = evenOut(eligible, joined);
  return eligible.flatMap((giver) => {
    const own = wanted.filter((it) => it.from === giver.session);
    let left = shareOf(giver, JOIN_SHARE);
    return own.flatMap(({ from, to, count }, position) => {
      const started = joined.find((it) => it.session === to)?.started ?? nowMs;
      const run = Math.min(JOIN_RUNS - 1, Math.floor(Math.max(0, nowMs - started) / RUN_MS));
      const now = Math.min(Math.ceil(left / (own.length - position)), Math.ceil(count / (JOIN_RUNS - run)));
      left -= now;
      return now > 0 ? [{ from, to, count: now }] : [];
    });
  });
}

/** Whom those who joined are to get in all: their share and no more, from the fullest, until nobody has two more than they. */
function evenOut(eligible: readonly ServerSession[], joined: readonly ServerSession[]): readonly Give[] {
  const share = Math.floor(sum(eligible.map((it) => it.users)) / eligible.length);
  const users = new Map(eligible.map((it) => [it.session, it.users]));
  const usersOf = ({ session }: ServerSession) => users.get(session) ?? 0;
  const gives = new Map<string, Give>();
  for (;;) {
    const move = joined
      .filter((taker) => usersOf(taker) < share)
      .sort((a, b) => usersOf(a) - usersOf(b))
      .map((taker) => ({ taker, giver: fullestBefore(taker, eligible, usersOf) }))
      .find(({ taker, giver }) => giver !== undefined && usersOf(giver) - usersOf(taker) >= 2);
    if (move?.giver === undefined) return [...gives.values()];
    const { giver, taker } = move;
    users.set(giver.session, usersOf(giver) - 1);
    users.set(taker.session, usersOf(taker) + 1);
    const pair = `${giver.session} ${taker.session}`;
    const count = (gives.get(pair)?.count ?? 0) + 1;
    gives.set(pair, { from: giver.session, to: taker.session, count });
  }
}

/** A whole pool may be young, after a rolling restart for one. */
function fullestBefore(
  taker: ServerSession,
  eligible: readonly ServerSession[],
  usersOf: (server: ServerSession) => number,
): ServerSession | undefined {
  const before = eligible.filter((it) => taker.started - it.started > TOGETHER_MS);
  return before.reduce<ServerSession | undefined>(
    (fullest, it) => (fullest === undefined || usersOf(it) > usersOf(fullest) ? it : fullest),
    undefined,
  );
}

/** Absolute points, not percent of an index. */
function level(up: readonly ServerSession[], takers: readonly ServerSession[]): readonly Give[] {
  const median = medianOf(up.map((it) => it.index));
  const under = up.filter((it) => it.constrained === undefined && it.index <= median - UNDER_MEDIAN_POINTS);
  const above = takers.filter((it) => it.index >= median);
  return under.flatMap((giver) => spread(giver, shareOf(giver, REBALANCE_SHARE), above));
}

/** At least one, or a small server would never give anybody. */
const shareOf = (giver: ServerSession, share: number): number =>
  giver.users === 0 ? 0 : Math.max(1, Math.floor(giver.users * share));

/** The emptier half of the takers gets them, in equal parts. */
function spread(giver: ServerSession, count: number, takers: readonly ServerSession[]): readonly Give[] {
  const others = takers.filter((it) => it.session !== giver.session);
  const best = others
    .sort((a, b) => b.index - a.index || a.users - b.users)
    .slice(0, Math.max(1, Math.ceil(others.length / 2)));
  return best
    .map((taker, position) => ({
      from: giver.session,
      to: taker.session,
      count: Math.floor((count + best.length - 1 - position) / best.length),
    }))
    .filter((it) => it.count > 0);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const lower = sorted[Math.ceil(middle) - 1] ?? 0;
  const upper = sorted[Math.floor(middle)] ?? 0;
  return (lower + upper) / 2;
}
