/** What servers did in users' mailboxes, and whether one acted for a user whom another had taken over. */

/** Something that a server did in a user's mailbox. */
export interface Effect {
  readonly server: string;
  readonly user: string;
  readonly verb: string;
  /** When the mail system had done it. */
  readonly atMs: number;
}

/** One line for every effect of the server after the first one of a successor of its, within that time. */
export function lateEffects(
  effects: readonly Effect[],
  server: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): readonly string[] {
  const within = effects.filter((it) => it.atMs >= fromMs && it.atMs <= toMs);
  const succeededAt = new Map<string, number>();
  for (const { server: name, user, atMs } of within) {
    if (name !== server) succeededAt.set(user, Math.min(atMs, succeededAt.get(user) ?? Number.POSITIVE_INFINITY));
  }
  return within
    .filter((it) => it.server === server && it.atMs > (succeededAt.get(it.user) ?? Number.POSITIVE_INFINITY))
    .map(({ user, verb, atMs }) => `${server}: ${verb} for ${user}, ${Math.round(atMs - fromMs)} ms after it began`);
}
