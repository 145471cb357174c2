/** Orders builds like people do: numbers by value (`1.9` < `1.10`), everything else by its characters. */
export function compareBuilds(left: string, right: string): number {
  const lefts = partsOf(left);
  const rights = partsOf(right);
  for (let position = 0; position < Math.max(lefts.length, rights.length); position++) {
    const difference = compareParts(lefts[position] ?? '', rights[position] ?? '');
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Undefined for no builds at all. */
export function newestBuild(builds: readonly string[]): string | undefined {
  return builds.reduce<string | undefined>(
    (newest, build) => (newest === undefined || compareBuilds(build, newest) > 0 ? build : newest),
    undefined,
  );
}

const partsOf = (build: string): readonly string[] => build.match(/\d+|\D+/g) ?? [];

function compareParts(left: string, right: string): number {
  const isNumeric = /^\d/.test(left) && /^\d/.test(right);
  if (isNumeric && Number(left) !== Number(right)) return Number(left) - Number(right);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
