// A contact with a photo beyond the limit on a real Radicale; one of 50 MB, as phones see it: test/end-to-end/notes-limits-directory.dav.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../../lib/platform/index.ts';
import { openDav } from './setup.ts';
import { cardText } from '../../contract/resources.ts';
import { Radicale } from '../../support/radicale.ts';

const PASSWORD = 'ada-pass';
const LIMIT_BYTES = 100_000;

const withPhoto = (name: string, bytes: number) => {
  const photo = `PHOTO;ENCODING=b;TYPE=JPEG:${'A'.repeat(bytes)}`;
  return cardText(name, `Large ${name}`).replace('END:VCARD', `${photo}\r\nEND:VCARD`);
};

let radicale: Radicale;
beforeAll(async () => {
  radicale = await Radicale.start({ ada: PASSWORD });
  await radicale.makeAddressBook('ada', 'contacts', 'Contacts');
  for (let at = 0; at < 20; at++)
    await radicale.put('ada', 'contacts', `c${at}.vcf`, cardText(`c${at}`, `Contact ${at}`));
}, 60_000);
afterAll(() => radicale.stop());

describe('a resource that is too large', () => {
  it('comes without its text and is told of in the log, those beside it whole', async () => {
    await radicale.put('ada', 'contacts', 'large.vcf', withPhoto('large', 2_000_000));
    const configuration = { url: radicale.url, resourceLimitBytes: LIMIT_BYTES };
    const logged: string[] = [];
    const log = createLog({ level: 'warn', destination: { write: (line: string) => void logged.push(line) } });
    const { resources } = await openDav(configuration, 'ada', PASSWORD, log);
    const id = 'dav:Contacts:/ada/contacts/';
    const listed = (await resources?.changes(id))?.resources ?? [];
    const read =
      (await resources?.read(
        id,
        listed.map(({ name }) => name),
      )) ?? [];
    expect(read).toHaveLength(21);
    for (const { name, etag, text } of read) {
      expect(etag).toBe(listed.find((it) => it.name === name)?.etag);
      expect(text === '', name).toBe(name === 'large.vcf');
    }
    expect(logged.filter((it) => it.includes('A resource is too large to be read'))).toHaveLength(1);
    expect(logged.join()).toContain('large.vcf');
    await resources?.close();
  });
});
