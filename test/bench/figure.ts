/** What a bench gives back: one line of the table that `npm run bench` prints. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** Of `value`, `target` and `baseline`: 'MB/s', 's', 'ms', 'KB', '/s'. */
  readonly unit: string;
  /** What is to be reached, and on which side of it. */
  readonly target?: Target;
  /**
   * The same work done by something bare, in the same run: what a noisy machine is judged by. `target` is of how many times
   * the baseline's figure ours may be.
   */
  readonly baseline?: { readonly name: string; readonly value: number; readonly target?: Target };
  /** How it was measured, where that is not plain. */
  readonly note?: string;
}

export interface Target {
  readonly value: number;
  readonly is: 'at least' | 'at most';
}

/** How many times the baseline's figure ours is. */
export const ratioOf = (figure: Figure): number | undefined =>
  figure.baseline === undefined ? undefined : figure.value / figure.baseline.value;

/** Of all its targets; undefined if it has none. */
export function isMet(figure: Figure): boolean | undefined {
  const checks = [
    figure.target && reaches(figure.value, figure.target),
    figure.baseline?.target && reaches(figure.value / figure.baseline.value, figure.baseline.target),
  ].filter((it) => it !== undefined);
  return checks.length === 0 ? undefined : checks.every(Boolean);
}

const reaches = (value: number, target: Target): boolean =>
  target.is === 'at least' ? value >= target.value : value <= target.value;

/** `≤ 0.500 s, ≤ 2.00×` */
export function targetText({ target, baseline, unit }: Figure): string {
  return [
    target && `${signOf(target)} ${format(target.value)} ${unit}`,
    baseline?.target && `${signOf(baseline.target)} ${format(baseline.target.value)}×`,
  ]
    .filter(Boolean)
    .join(', ');
}

const signOf = (target: Target) => (target.is === 'at least' ? '≥' : '≤');

/** One line: name, value, ratio, and whether the target is met. */
export function describeFigure(figure: Figure): string {
  const { name, value, unit, baseline, note } = figure;
  const parts = [`${name}: ${format(value)} ${unit}`];
  if (baseline) parts.push(`${format(value / baseline.value)}× ${baseline.name} (${format(baseline.value)} ${unit})`);
  const met = isMet(figure);
  if (met !== undefined) parts.push(`${met ? 'meets' : 'MISSES'} ${targetText(figure)}`);
  if (note) parts.push(note);
  return parts.join('; ');
}

/** Three digits. */
export const format = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
