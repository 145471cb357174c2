import { randomBytes } from 'node:crypto';

/** The only source of randomness. */
export interface Random {
  /** In [0, 1). */
  number(): number;
  bytes(count: number): Uint8Array;
}

export const systemRandom: Random = {
  number: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  bytes: (count) => randomBytes(count),
};

const ALPHABET = '0123456789abcdefghijklmnopqrstuv';

/** An opaque name of `length` characters, five bits each, safe in URLs, file names and store keys. */
export function randomName(random: Random, length = 16): string {
  let name = '';
  for (const byte of random.bytes(length)) name += ALPHABET[byte & 31];
  return name;
}
