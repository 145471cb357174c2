import { expect, it } from 'vitest';
import { idOf } from '../../lib/sync/resources/resource-source.ts';
import { NameTable } from '../../lib/sync/resources/name-table.ts';

it('names of resources are kept as a map would keep them, through thousands of changes', () => {
  const [table, map] = [new NameTable(), new Map<number, string>()];
  const nameOf = (n: number) => `käse-${n}.ics`;
  for (let step = 0; step < 20_000; step++) {
    // A walk that comes back to what was there, and leaves it out every third time.
    const name = nameOf((step * 7_919) % 3_001);
    const id = idOf(name);
    if (step % 3 === 0) expect(table.delete(id)).toBe(map.delete(id));
    else {
      table.set(id, name);
      map.set(id, name);
    }
  }
  for (let n = 0; n < 3_100; n++) expect(table.get(idOf(nameOf(n)))).toBe(map.get(idOf(nameOf(n))));
  expect(map.size).toBeGreaterThan(1_000);
  table.clear();
  expect(table.get(idOf(nameOf(1)))).toBeUndefined();
});
