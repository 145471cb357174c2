// Who gets a user that somebody has to take: the better of two at random, so that many fronts never all choose the same.
import type { Random } from '../platform/index.ts';
import type { ServerSession } from './pool.ts';
import { newestBuild } from './build.ts';

const SELF_BIAS = 10;
const PREVIOUS_BIAS = 20;
/** A server at this index takes nobody, whatever becomes of them. */
const REFUSING_INDEX = -100;

/** Whether a server may be given anybody new. */
export const isEligible = (server: ServerSession): boolean =>
  server.status === 'up' && server.available && server.constrained === undefined && server.standalone === undefined;

export interface Choice {
  /** The servers that can be reached and move, as far as is known. */
  readonly servers: readonly ServerSession[];
  readonly random: Random;
  /** The session that chooses: it is spared a hop. */
  readonly self?: string;
  /** The user's last owner but one, or the one who released the user: it may still have things warm. */
  readonly previous?: string | undefined;
  readonly boundTo?: string | undefined;
}

/**
 * Undefined where no server may take anybody. Where all that could are constrained, the least burdened gets the user: one who
 * is served slowly is better off than one who is served nowhere, and asks less often.
 */
export function chooseServer(choice: Choice): ServerSession | undefined {
  const eligible = choice.servers.filter(isEligible);
  if (eligible.length === 0) return leastBurdened(choice.servers);
  const bound = eligible.find((it) => it.address === choice.boundTo);
  if (bound) return bound;
  const build = newestBuild(eligible.map((it) => it.build));
  const newest = eligible.filter((it) => it.build === build);
  const [one, other] = twoOf(newest, choice.random);
  if (!one || !other) return one;
  return scoreOf(other, choice) > scoreOf(one, choice) ? other : one;
}

function leastBurdened(servers: readonly ServerSession[]): ServerSession | undefined {
  const able = servers.filter((it) => isEligible({ ...it, constrained: undefined }) && it.index > REFUSING_INDEX);
  return able.toSorted((a, b) => b.index - a.index)[0];
}

function twoOf<T>(all: readonly T[], random: Random): readonly T[] {
  if (all.length < 2) return all;
  const first = Math.floor(random.number() * all.length);
  const second = (first + 1 + Math.floor(random.number() * (all.length - 1))) % all.length;
  return [all[first] as T, all[second] as T];
}

const scoreOf = (server: ServerSession, choice: Choice): number =>
  server.index +
  (server.session === choice.self ? SELF_BIAS : 0) +
  (server.session === choice.previous ? PREVIOUS_BIAS : 0);
