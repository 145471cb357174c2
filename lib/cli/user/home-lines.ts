// Homes and moves, for people.
import type { HomeReport } from '../../administration/index.ts';
import type { MoveReport } from '../../migration/index.ts';

export function homeLine({ user, pool, epoch, state, to, since }: HomeReport): string {
  if (pool === undefined) return `${user} has no home yet: the first device that comes makes one.`;
  const moving =
    state !== 'here' ? `, and on the way to ${to}: \`caravan user move ${user} --pool ${to}\` ends it` : '';
  return `${user} is at home in ${pool} (home epoch ${epoch}, since ${since})${moving}.`;
}

export function moveLine({ user, from, to, what, epoch, items, pauseMs }: MoveReport): string {
  if (what === 'nothing') return `${user} is at home in ${to}; nothing was to be done.`;
  if (what === 'given a first home') return `${user} had no home, and now has one in ${to}.`;
  if (what === 'called off') return `The move was called off; ${user} stays in ${to} (home epoch ${epoch}).`;
  return `${user} moved from ${from} to ${to}: ${items} items, home epoch ${epoch}; nobody could serve the user for ${pauseMs} ms.`;
}
