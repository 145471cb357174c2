import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { resourceCodec } from '../../../lib/activesync/items/index.ts';
import { DEMO_USERS, openFolders, type ResourceClass, seedFolders } from '../../../lib/backends/index.ts';
import { systemClock, systemRandom } from '../../../lib/platform/index.ts';

it('seeded users have events, contacts, tasks and notes, and devices can show every one', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'caravan-seed-'));
  const root = join(directory, 'mail');
  try {
    expect(await seedFolders({ root, clock: systemClock, random: systemRandom })).toBe(true);
    const system = await openFolders({ root });
    for (const { address, password } of DEMO_USERS) {
      const credentials = { userName: address, password };
      const account = await system.authenticate(credentials);
      if (!account) throw new Error(`${address} cannot sign in`);
      const { resources } = await system.open(account, credentials);
      const counts: Record<string, number> = {};
      for (const { id, itemClass } of (await resources?.collections()) ?? []) {
        const names = (await resources?.changes(id))?.resources.map((it) => it.name) ?? [];
        for (const { name, text } of (await resources?.read(id, names)) ?? []) {
          const context = { version: '16.1', account, bodies: [], serverId: `1:${name}` } as const;
          const shown = resourceCodec(itemClass as ResourceClass).render(text, context);
          expect(shown.length, name).toBeGreaterThan(3);
          for (const line of text.split('\r\n')) expect(Buffer.byteLength(line), line).toBeLessThanOrEqual(75);
        }
        counts[itemClass] = (counts[itemClass] ?? 0) + names.length;
      }
      expect(counts).toEqual({ Calendar: 4, Contacts: 3, Tasks: 3, Notes: 1 });
    }
    await system.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
