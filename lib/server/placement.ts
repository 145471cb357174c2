/** Whom a server serves: everybody, or its share of a pool's users. What differs between the two stands behind this. */
import { type Random, randomName } from '../platform/index.ts';
import type { OwnerRoad } from './activesync/owner-road.ts';
import type { Road } from './activesync/road.ts';
import { StandaloneRoad } from './activesync/standalone-road.ts';

export interface Placement {
  readonly road: Road;
  /** Of this boot; a pool's server that was fenced gets another. */
  session(): string;
  /** Why it should be sent no requests now; undefined if it may. */
  notReady(): string | undefined;
  /** Resolves when requests can be served. */
  join(): Promise<void>;
  /** Hands over what it serves, while its door still takes requests. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export function standalone(owner: OwnerRoad, random: Random): Placement {
  const session = randomName(random);
  return {
    road: new StandaloneRoad(owner, session),
    session: () => session,
    notReady: () => undefined,
    join: async () => {},
    drain: async () => {},
    close: async () => {},
  };
}
