/** How a plan tells numbers: the same digits in the sums that are shown and in their results. */

/** `12,000`; what is not whole with at most three decimals. */
export const number = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: Number.isInteger(value) ? 0 : 3 });

export const usd = (value: number): string =>
  `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

/** `3 servers`, `1 server` */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;

/** Cut, not rounded: a plan must not seem to reach what it does not. */
export const percent = (share: number): string => `${(Math.floor(share * 1_000_000) / 10_000).toFixed(4)} %`;

export const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
