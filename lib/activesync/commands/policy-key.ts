/**
 * Policy keys: 32-bit numbers in decimal (MS-ASPROV 2.2.2.42). Two things are read off a temporary key, so that no state
 * is needed for them: which settings it was handed out with (its lower half), and the final key that takes its place.
 * Hence a device that lost the answer to its acknowledgement and repeats it gets the same final key again.
 */
import { createHash } from 'node:crypto';
import type { Random } from '../../platform/index.ts';

const FINAL_MASK = 0x5bd1_0000;

/** A temporary key for settings with this digest; never 0, which means "no key". */
export function temporaryPolicyKey(random: Random, digest: string): string {
  for (;;) {
    const [high = 0, low = 0] = random.bytes(2);
    const key = ((((high << 8) | low) << 16) | halfOf(digest)) >>> 0;
    if (key !== 0 && finalNumber(key) !== 0) return String(key);
  }
}

/** False if the settings changed since the key was handed out. */
export const isForDigest = (temporaryKey: string, digest: string): boolean =>
  (Number(temporaryKey) & 0xffff) === halfOf(digest);

export const finalPolicyKey = (temporaryKey: string): string => String(finalNumber(Number(temporaryKey)));

const finalNumber = (key: number): number => (key ^ FINAL_MASK) >>> 0;

const halfOf = (digest: string): number => createHash('sha256').update(digest).digest().readUInt16BE(0);
