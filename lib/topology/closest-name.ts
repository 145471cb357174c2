/** The known name that was most likely meant, or undefined if none is near. */
export function closestName(written: string, known: Iterable<string>): string | undefined {
  const fold = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const wanted = fold(written);
  let closest: string | undefined;
  // Every third letter may be wrong.
  let distance = Math.floor(wanted.length / 3) + 1;
  for (const name of known) {
    const candidate = editDistance(wanted, fold(name));
    if (candidate < distance) [closest, distance] = [name, candidate];
  }
  return closest;
}

/** Insertions, deletions, replacements, and swaps of neighbours, one each. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 0; row < from.length; row += 1) {
    const current = [row + 1];
    for (let column = 0; column < to.length; column += 1) {
      const replaced = (previous[column] ?? 0) + (from[row] === to[column] ? 0 : 1);
      let least = Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1);
      if (row > 0 && column > 0 && from[row] === to[column - 1] && from[row - 1] === to[column]) {
        least = Math.min(least, (beforePrevious[column - 1] ?? 0) + 1);
      }
      current.push(least);
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous[to.length] ?? 0;
}
