/** The best of each kind, for what is asked or for less. */
import type { Kind } from './availability.ts';
import { type Candidate, candidateOf, grown, serversAt, usersTooMany } from './candidate.ts';
import type { Needs } from './needs.ts';
import { bestPartition, type Partition } from './places.ts';

/** The simpler first: the first that meets all is taken. */
export const KINDS: readonly Kind[] = ['standalone', 'pool'];

export const candidatesFor = (needs: Needs): readonly Candidate[] => KINDS.map((kind) => candidateAt(needs, kind));

/** `deviceRoundTripMs`: how far away devices may be from its places, whatever is asked for. */
export function candidateAt(needs: Needs, kind: Kind, deviceRoundTripMs = needs.deviceRoundTripMs): Candidate {
  const limits = { ...needs, ...(deviceRoundTripMs !== undefined && { deviceRoundTripMs }) };
  const partition = bestPartition(
    limits,
    (places) => serversIn(needs, kind, places),
    (place) => (kind === 'standalone' ? 0 : usersTooMany(needs, place)),
  );
  return candidateOf(needs, kind, partition);
}

/** At the horizon. */
const serversIn = (needs: Needs, kind: Kind, places: Partition): number =>
  places.reduce((sum, { region, sites }) => {
    const users = sites.reduce((all, site) => all + grown(site.users, needs), 0);
    return sum + serversAt(kind, needs, region, users);
  }, 0);
