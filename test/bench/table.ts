/** Figures as a Markdown table, as docs/performance.md shows it: figure, value, target, baseline, ratio, met or missed. */
import { type Figure, format, isMet, ratioOf, targetText } from './figure.ts';

const HEAD = ['figure', 'measured', 'target', 'baseline', 'ratio', ''];

export function tableOf(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const [head = [], ...body] = rows;
  return [line(head), rule, ...body.map(line)].join('\n');
}

function rowOf(figure: Figure): string[] {
  const { name, value, unit, baseline } = figure;
  const ratio = ratioOf(figure);
  const met = isMet(figure);
  return [
    name,
    `${format(value)} ${unit}`,
    targetText(figure),
    baseline ? `${baseline.name}: ${format(baseline.value)} ${unit}` : '',
    ratio === undefined ? '' : `${format(ratio)}×`,
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ];
}

/** A line for each figure that has one. */
export const notesOf = (figures: readonly Figure[]): string =>
  figures.map(({ name, note }) => (note ? `${name}: ${note}.\n` : '')).join('');
