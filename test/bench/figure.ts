/** What a bench gives back: one line of the table that `npm run bench` prints. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** Of `value`, `target` and `baseline`: 'MB/s', 's', 'ms', 'KB', '/s'. */
  readonly unit: string;
  /** What is to be reached, and on which side of it. */
  readonly target?: { readonly value: number; readonly is: 'at least' | 'at most' };
  /** The same work done by something bare, in the same run: what a noisy machine is judged by. */
  readonly baseline?: { readonly name: string; readonly value: number };
  /** How it was measured, where that is not plain. */
  readonly note?: string;
}

/** How many times the baseline's figure ours is. */
export const ratioOf = (figure: Figure): number | undefined =>
  figure.baseline === undefined ? undefined : figure.value / figure.baseline.value;

/** One line: name, value, ratio, and whether the target is met. */
export function describeFigure(figure: Figure): string {
  const { name, value, unit, target, baseline, note } = figure;
  const parts = [`${name}: ${format(value)} ${unit}`];
  if (baseline) parts.push(`${format(value / baseline.value)}× ${baseline.name} (${format(baseline.value)} ${unit})`);
  if (target) {
    const isMet = target.is === 'at least' ? value >= target.value : value <= target.value;
    parts.push(`${isMet ? 'meets' : 'MISSES'} ${target.is} ${format(target.value)} ${unit}`);
  }
  if (note) parts.push(note);
  return parts.join('; ');
}

const format = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
