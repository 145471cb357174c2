// The directory in a file of vCards, of both versions that are about.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileDirectory } from '../../../lib/backends/index.ts';
import { describeDirectoryContract } from '../../contract/directory.ts';
import { CARDS } from '../../contract/directory-cards.ts';

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
