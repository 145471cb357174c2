// The directory in an address book on a real Radicale.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CardDavDirectory } from '../../../lib/backends/index.ts';
import { createLog, systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { ADA, describeDirectoryContract } from '../../contract/directory.ts';
import { CARDS } from '../../contract/directory-cards.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Radicale } from '../../support/radicale.ts';

const PASSWORD = 'directory-pass';
let radicale: Radicale;
const logged: string[] = [];
const log = createLog({ level: 'debug', destination: { write: (line: string) => void logged.push(line) } });

const optionsOf = (book: string, password = PASSWORD) => ({
  url: `${radicale.url}people/${book}/`,
  account: { userName: 'people', password },
  checkCertificates: true,
  timeoutSeconds: 30,
});

async function fill(book: string, cards: readonly string[]): Promise<void> {
  await radicale.makeAddressBook('people', book, book);
  for (const [at, card] of cards.entries()) {
    await radicale.put('people', book, `card${at}.vcf`, card.replace('\r\nFN:', `\r\nUID:${book}-${at}\r\nFN:`));
  }
}

beforeAll(async () => {
  radicale = await Radicale.start({ people: PASSWORD });
}, 60_000);
afterAll(() => radicale.stop());

describeDirectoryContract('an address book on Radicale', async () => {
  await fill('everybody', CARDS);
  const directory = new CardDavDirectory(optionsOf('everybody'), { clock: systemClock, random: systemRandom, log });
  return { directory, stop: () => directory.close() };
});

describe('the directory in an address book', () => {
  it('who came, changed and went is known after a minute', async () => {
    const [ada = '', grace = ''] = CARDS;
    await fill('changing', [ada, grace]);
    const clock = new ManualClock();
    const directory = new CardDavDirectory(optionsOf('changing'), { clock, random: systemRandom, log });
    const found = async (words: string) => (await directory.find({ words, limit: 9 })).map((it) => it.displayName);
    expect(await found('ada@')).toEqual([ADA.displayName]);
    await radicale.put('people', 'changing', 'card0.vcf', ada.replace('FN:Ada', 'UID:changing-0\r\nFN:Augusta Ada'));
    await radicale.put(
      'people',
      'changing',
      'new.vcf',
      'BEGIN:VCARD\r\nVERSION:4.0\r\nUID:n\r\nFN:Adam\r\nEMAIL:adam@x.org\r\nEND:VCARD\r\n',
    );
    expect(await found('ada')).toEqual([ADA.displayName]);
    await clock.advance(61_000);
    expect(await found('ada')).toEqual(['Adam', 'Augusta Ada Lovelace']);
    await radicale.stop();
    await clock.advance(61_000);
    expect(await found('adam')).toEqual(['Adam']);
    expect(logged.some((it) => it.includes('as it was known before'))).toBe(true);
    await directory.close();
    const away = new CardDavDirectory(optionsOf('changing'), { clock, random: systemRandom, log });
    await expect(away.find({ words: 'ada', limit: 9 })).rejects.toMatchObject({ code: 'unavailable' });
    await away.close();
  });
});
