/** IPv4 networks as they are written: `10.20.0.0/16`. */

export interface NetworkRange {
  /** The first address, as a number. */
  readonly first: number;
  readonly last: number;
  readonly prefixLength: number;
}

/** Undefined for what is no network, or one whose address has bits beyond its length. */
export function parseRange(text: string): NetworkRange | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, prefixLength = 0] = match.slice(1).map(Number);
  if ([a, b, c, d].some((octet) => octet > 255) || prefixLength > 32) return undefined;
  const first = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - prefixLength);
  return first % size === 0 ? { first, last: first + size - 1, prefixLength } : undefined;
}

export const doOverlap = (one: NetworkRange, other: NetworkRange): boolean =>
  one.first <= other.last && other.first <= one.last;

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map(parseRange);

/** Within the networks that RFC 1918 and RFC 6598 set apart. */
export const isPrivate = ({ first, last }: NetworkRange): boolean =>
  PRIVATE.some((it) => it !== undefined && it.first <= first && last <= it.last);
