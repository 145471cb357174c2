/** Rows under headings, each column as wide as its widest cell; numbers stand at the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumber = headings.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^-?\d*$/.test(row[column] ?? '')),
  );
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  return [headings, ...rows]
    .map((row) =>
      widths
        .map((width, column) => {
          const cell = row[column] ?? '';
          return isNumber[column] ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
