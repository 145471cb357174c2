import { describe, expect, it } from 'vitest';
import type { ServerSession } from '../../lib/pool/index.ts';
import { chooseServer } from '../../lib/pool/choose.ts';
import { SeededRandom } from '../simulation/support/seeded-random.ts';

const server = (session: string, changes: Partial<ServerSession> = {}): ServerSession => ({
  session,
  beat: 1,
  status: 'up',
  address: `${session}:1`,
  zone: 'here',
  build: '1',
  index: 50,
  available: true,
  constrained: undefined,
  users: 0,
  devices: 0,
  seen: 0,
  started: 0,
  ended: undefined,
  orders: undefined,
  review: [],
  reviewMark: '',
  ...changes,
});

const chosen = (...servers: readonly ServerSession[]): ReadonlySet<string | undefined> => {
  const random = new SeededRandom(7);
  return new Set(Array.from({ length: 50 }, () => chooseServer({ servers, random })?.session));
};

describe('The choice of a server', () => {
  it('takes a constrained one for nobody while another may have the user', () => {
    expect(chosen(server('a', { constrained: 'busy', index: -1 }), server('b', { index: 1 }))).toEqual(new Set(['b']));
  });

  it('takes the least burdened where all are constrained: nobody is left without a server', () => {
    const busy = { constrained: 'busy' };
    const servers = [
      server('a', { ...busy, index: -80 }),
      server('b', { ...busy, index: 60 }),
      server('c', { ...busy }),
    ];
    expect(chosen(...servers)).toEqual(new Set(['b']));
  });

  it('takes none that refuses, drains, or was taken out by an administrator', () => {
    const servers = [
      server('a', { constrained: 'busy', index: -100 }),
      server('b', { status: 'draining' }),
      server('c', { available: false }),
    ];
    expect(chosen(...servers)).toEqual(new Set([undefined]));
  });
});
