/**
 * What comes before a server joins: those that live already must take its key. One with another key, of another pool or after
 * a mistake, would be given users whom nobody could reach there.
 */
import { type Clock, type Log, reasonOf, sleep } from '../../platform/index.ts';
import type { Peer } from './peers.ts';

export interface AdmissionParts {
  /** The live servers, this one apart. */
  readonly others: () => Promise<readonly Peer[]>;
  /** True if it has our key, false if it has another; undefined where it cannot be asked: it may be dead. */
  readonly hasOurKey: (peer: Peer) => Promise<boolean | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

const RETRY_MS = 2_000;

/** Resolves when nobody objects; says what is wrong, and tries on, until then. Rejects with the signal's reason. */
export async function untilAdmitted(parts: AdmissionParts, signal: AbortSignal): Promise<void> {
  const { others, hasOurKey, clock, log } = parts;
  for (;;) {
    try {
      const peers = await others();
      const answers = await Promise.all(peers.map(hasOurKey));
      const refusing = peers.filter((_, position) => answers[position] === false);
      if (refusing.length === 0) return;
      log.error(
        {
          servers: refusing.map(({ address }) => address),
          remedy:
            'Give all of them one pool.key. To replace it, give every server the next one as pool.previousKey first, and then as pool.key.',
        },
        'This server does not join its pool: servers that are in it have another key',
      );
    } catch (thrown) {
      log.error(
        { reason: reasonOf(thrown) },
        'This server cannot join its pool yet: the store does not tell who is in it',
      );
    }
    await sleep(clock, RETRY_MS, signal);
  }
}

/** OpenSSL's words for a key that the other side does not have, or that is another under its name. */
const OTHER_KEY = /ALERT_(?:HANDSHAKE_FAILURE|DECRYPT_ERROR)$/;

export const isOtherKey = (thrown: unknown): boolean =>
  OTHER_KEY.test((thrown as NodeJS.ErrnoException | undefined)?.code ?? '');
