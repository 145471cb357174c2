/** What every directory must do. `setUp` gives one that knows the people below and nobody else with an address. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Directory } from '../../lib/backends/index.ts';

export interface DirectoryUnderTest {
  readonly directory: Directory;
  stop(): Promise<void>;
}

/** Ada has all that can be told of a person, Grace but a name; eighty crew members fill pages. */
export const ADA = {
  email: 'ada@example.org',
  displayName: 'Ada Lovelace',
  alias: 'ada',
  firstName: 'Ada',
  lastName: 'Lovelace',
  title: 'Analyst',
  company: 'Engines & Sons',
  office: 'Room 12',
  phone: '+44 20 7946 0001',
  homePhone: '+44 20 7946 0002',
  mobilePhone: '+44 7700 900001',
} as const;
export const PHOTO = Buffer.from('\xff\xd8\xff\xe0 a photo', 'latin1');
export const CERTIFICATE = Buffer.from('3003020101', 'hex');
export const CREW_COUNT = 80;
export const crewName = (number: number): string => `Crew ${String(number).padStart(3, '0')}`;

export function describeDirectoryContract(name: string, setUp: () => Promise<DirectoryUnderTest>): void {
  describe(`directory contract: ${name}`, () => {
    let under: DirectoryUnderTest;
    let directory: Directory;
    beforeAll(async () => {
      under = await setUp();
      directory = under.directory;
    });
    afterAll(() => under.stop());
    const found = async (words: string, limit = 100) =>
      (await directory.find({ words, limit })).map((it) => it.displayName);

    it('tells all that it has of a person, and no photo or certificate unasked', async () => {
      expect(await directory.find({ words: 'ada', limit: 10 })).toEqual([ADA]);
    });

    it('tells photo and certificates where they are asked for', async () => {
      const [ada] = await directory.find({ words: 'ada', limit: 10, withPhotos: true, withCertificates: true });
      expect(Buffer.from(ada?.photo ?? [])).toEqual(PHOTO);
      expect(ada?.certificates?.map((it) => Buffer.from(it))).toEqual([CERTIFICATE]);
    });

    it.each([
      ['lovel', 'the last name'],
      ['ADA@example', 'the address'],
      ['ada lov', 'both names'],
      ['lov ada', 'both, the other way round'],
      ['analyst', 'the title'],
      ['engines', 'the company'],
      ['room', 'the office'],
    ])("finds %j by %s's beginning", async (words) => {
      expect(await found(words)).toEqual(['Ada Lovelace']);
    });

    it.each(['ovelace', 'ada hopper', '*', '(', 'ada)(uid=*', '\\', ' ', ''])('finds nobody by %j', async (words) => {
      expect(await found(words)).toEqual([]);
    });

    it('does not tell of who has no address', async () => {
      expect(await found('nobody')).toEqual([]);
    });

    it('finds who has no more than a name, in any script', async () => {
      expect(await found('grå')).toEqual(['Gråce Höpper']);
    });

    it('tells by display name, one more than the bound where there are more', async () => {
      const names = Array.from({ length: CREW_COUNT }, (_, number) => crewName(number));
      expect(await found('crew')).toEqual(names);
      expect(await found('crew', 25)).toEqual(names.slice(0, 26));
    });
  });
}
