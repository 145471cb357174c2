// What the embedded mail system knows of its people: the seeded directory, and when they are busy.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DEMO_USERS,
  FileDirectory,
  type FoldersMailSystem,
  openFolders,
  SEEDED_DIRECTORY,
  seedFolders,
} from '../../../lib/backends/index.ts';
import { systemClock, systemRandom } from '../../../lib/platform/index.ts';

const MEETING = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'BEGIN:VEVENT',
  'UID:secret@example.org',
  'SUMMARY:Nobody else may see this',
  'DTSTART:20991123T100000Z',
  'DTEND:20991123T113000Z',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n');

let folder: string;
let system: FoldersMailSystem;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caravan-people-'));
  const root = join(folder, 'mail');
  await seedFolders({ root, clock: systemClock, random: systemRandom });
  system = await openFolders({ root });
});
afterAll(async () => {
  await system.close();
  await rm(folder, { recursive: true });
});

const open = async (name: 'ada' | 'bob') => {
  const password = DEMO_USERS.find((it) => it.name === name)?.password ?? '';
  const account = await system.authenticate({ userName: name, password });
  if (!account) throw new Error(`${name} cannot sign in`);
  return system.open(account, { userName: name, password });
};

describe('the people of the embedded mail system', () => {
  it('are in a directory', async () => {
    const directory = new FileDirectory(join(folder, 'mail', SEEDED_DIRECTORY));
    const find = async (words: string) => (await directory.find({ words, limit: 50 })).map((it) => it.email);
    expect(await find('bob')).toEqual(['bob@example.org']);
    expect(await find('dave okafor')).toEqual(['dave.okafor@supplier.example']);
    expect(await find('müller')).toEqual(['erika.mueller@beispiel.example']);
  });

  it('see when another is busy, and not with what', async () => {
    const bob = await open('bob');
    const calendar = (await bob.folders()).find((it) => it.itemClass === 'Calendar');
    if (!calendar) throw new Error('bob has no calendar');
    await bob.resources?.put(calendar.id, 'secret.ics', MEETING, 'new');
    const busy = await (await open('ada')).freeBusy?.(
      'bob@example.org',
      Date.UTC(2099, 10, 23),
      Date.UTC(2099, 10, 24),
    );
    expect(busy).toEqual([{ fromMs: Date.UTC(2099, 10, 23, 10), toMs: Date.UTC(2099, 10, 23, 11, 30), kind: 'busy' }]);
  });

  it('of elsewhere are not known', async () => {
    const ada = await open('ada');
    expect(await ada.freeBusy?.('carol@partner.example', 0, Date.UTC(2100, 0))).toBeUndefined();
  });
});
