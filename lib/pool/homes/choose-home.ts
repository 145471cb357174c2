// Where a user who has no home yet is to be at home. Pure; the choice is then written down, and stays.
import type { PoolPlace } from './home.ts';

export type Placement = 'rules' | 'mail-server' | 'site' | 'nearest' | 'load';

export interface NewUser {
  readonly user: string;
  readonly addresses: readonly string[];
  /** The pool that the user's device came to. */
  readonly near: string;
}

export interface PlacementPolicy {
  readonly placement: readonly Placement[];
  /** `*@berlin.example.org=berlin`. */
  readonly rules: readonly string[];
}

/**
 * Each word of the policy leaves fewer pools, unless it would leave none; the first that is left is it. Pools without
 * room, and those that are evacuated, take nobody where another does; those that are being failed over take nobody at all.
 */
export function chooseHome(user: NewUser, pools: readonly PoolPlace[], policy: PlacementPolicy): string {
  const up = pools.filter(({ state }) => state === 'up');
  const open = up.filter(({ isEvacuated }) => !isEvacuated);
  const able = open.length > 0 ? open : up;
  const roomy = able.filter(({ users, room }) => room === undefined || users < room);
  let left: readonly PoolPlace[] = roomy.length > 0 ? roomy : able;
  for (const word of policy.placement) {
    const narrowed = NARROW[word](left, user, pools, policy);
    if (narrowed.length > 0) left = narrowed;
    if (left.length === 1) break;
  }
  return left[0]?.pool ?? user.near;
}

type Narrow = (
  left: readonly PoolPlace[],
  user: NewUser,
  all: readonly PoolPlace[],
  policy: PlacementPolicy,
) => readonly PoolPlace[];

const NARROW: Readonly<Record<Placement, Narrow>> = {
  rules: (left, { addresses }, _, { rules }) => {
    const pool = rules.map(ruleOf).find(({ pattern }) => addresses.some((it) => pattern.test(it)))?.pool;
    return left.filter((it) => it.pool === pool);
  },
  'mail-server': (left, { near }, all) => {
    const own = all.find(({ pool }) => pool === near)?.mailServer;
    return left.filter(({ mailServer }) => mailServer === own);
  },
  site: (left, { near }, all) => {
    const own = all.find(({ pool }) => pool === near)?.site;
    return left.filter(({ site }) => site !== undefined && site === own);
  },
  nearest: (left, { near }) => left.filter(({ pool }) => pool === near),
  load: (left) => left.toSorted((a, b) => fullness(a) - fullness(b)).slice(0, 1),
};

/** Of pools with a bound how full they are; without one, by their users alone. */
const fullness = ({ users, room }: PoolPlace): number => (room === undefined ? users / 1e9 : users / room);

function ruleOf(rule: string): { readonly pattern: RegExp; readonly pool: string } {
  const split = rule.lastIndexOf('=');
  const pattern = rule
    .slice(0, split)
    .split('*')
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return { pattern: new RegExp(`^${pattern}$`, 'i'), pool: rule.slice(split + 1) };
}
