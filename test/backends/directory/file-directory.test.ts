// The directory in a file of vCards, of both versions that are about.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileDirectory } from '../../../lib/backends/index.ts';
import { ADA, CERTIFICATE, CREW_COUNT, crewName, describeDirectoryContract, PHOTO } from '../../contract/directory.ts';

const card = (...lines: readonly string[]) => ['BEGIN:VCARD', ...lines, 'END:VCARD', ''].join('\r\n');
const CARDS = [
  card(
    'VERSION:3.0',
    `FN:${ADA.displayName}`,
    'N:Lovelace;Ada;;;',
    `NICKNAME:${ADA.alias}`,
    `EMAIL;TYPE=INTERNET:${ADA.email}`,
    `TITLE:${ADA.title}`,
    `ORG:${ADA.company};Analysis`,
    `X-OFFICE:${ADA.office}`,
    `TEL;TYPE=WORK,VOICE:${ADA.phone}`,
    `TEL;TYPE=HOME:${ADA.homePhone}`,
    `TEL;TYPE=CELL:${ADA.mobilePhone}`,
    `PHOTO;ENCODING=b;TYPE=JPEG:${PHOTO.toString('base64')}`,
    `KEY;ENCODING=b;TYPE=X509:${CERTIFICATE.toString('base64')}`,
  ),
  card('VERSION:4.0', 'FN:Gråce Höpper', 'EMAIL:grace@example.org', 'PHOTO:https://example.org/grace.jpg'),
  card('VERSION:4.0', 'FN:Nobody'),
  ...Array.from({ length: CREW_COUNT }, (_, number) =>
    card('VERSION:4.0', `FN:${crewName(number)}`, `EMAIL:crew${number}@example.org`),
  ),
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caravan-directory-'));
});
afterAll(() => rm(folder, { recursive: true }));

describeDirectoryContract('a file of vCards', async () => {
  const file = join(folder, 'people.vcf');
  await writeFile(file, CARDS.join(''));
  const directory = new FileDirectory(file);
  return { directory, stop: () => directory.close() };
});

describe('the directory in a file', () => {
  it('is read again when it changed', async () => {
    const file = join(folder, 'changing.vcf');
    await writeFile(file, CARDS[1] ?? '');
    const directory = new FileDirectory(file);
    expect(await directory.find({ words: 'ada', limit: 5 })).toEqual([]);
    await writeFile(file, CARDS.slice(0, 2).join(''));
    expect(await directory.find({ words: 'ada', limit: 5 })).toHaveLength(1);
  });

  it('a photo by address is none: nobody goes and gets it', async () => {
    const directory = new FileDirectory(join(folder, 'people.vcf'));
    const [grace] = await directory.find({ words: 'grace@', limit: 5, withPhotos: true });
    expect(grace).toEqual({ email: 'grace@example.org', displayName: 'Gråce Höpper', alias: 'grace' });
  });

  it.each([
    ['not there', undefined],
    ['no vCards', 'name,address\nAda,ada@example.org\n'],
  ])('a file that is %s: unavailable, with what is expected', async (_, content) => {
    const file = join(folder, 'broken.vcf');
    await rm(file, { force: true });
    if (content !== undefined) await writeFile(file, content);
    await expect(new FileDirectory(file).find({ words: 'ada', limit: 5 })).rejects.toMatchObject({
      code: 'unavailable',
      remedy: expect.stringContaining('vCards') as string,
    });
  });
});
