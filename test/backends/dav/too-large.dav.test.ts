// A contact with a photo of 27 MB on a real Radicale: it is kept from the phone, told of and counted, and the rest comes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderType, itemText } from '../../../lib/activesync/client/index.ts';
import { openDav } from './setup.ts';
import { cardText } from '../../contract/resources.ts';
import { freePort } from '../../support/loopback.ts';
import { Radicale } from '../../support/radicale.ts';
import { RunningServer } from '../../support/running-server.ts';

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
  it('comes without its text, those beside it whole', async () => {
    await radicale.put('ada', 'contacts', 'large.vcf', withPhoto('large', 2_000_000));
    const configuration = { url: radicale.url, resourceLimitBytes: LIMIT_BYTES };
    const { resources } = await openDav(configuration, 'ada', PASSWORD);
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
    await resources?.close();
  });

  it('is kept from the phone and counted; the rest comes, once', async () => {
    await radicale.put('ada', 'contacts', 'large.vcf', withPhoto('large', 27 * 1024 * 1024));
    const administrationPort = await freePort();
    const running = await RunningServer.start({
      dovecot: { users: { ada: PASSWORD } },
      flags: { 'mail-dav-url': radicale.url, 'administration-port': String(administrationPort) },
    });
    const phone = running.device({ version: '16.1' });
    await phone.folderSync();
    const { serverId: collectionId } = phone.folder(FolderType.contacts);
    await phone.syncAll({ collectionId });
    const names = phone.items(collectionId).map((it) => itemText(it, 'Contacts:FileAs'));
    expect(names).toHaveLength(20);
    expect(names).not.toContain('Large large');
    expect(await phone.sync({ collectionId })).toBeUndefined();
    const metrics = await (await fetch(`http://127.0.0.1:${administrationPort}/metrics`)).text();
    expect(metrics).toContain('caravan_poison_items_total{cause="not-rendered"} 1\n');
    process.stdout.write(`${await running.stop()}\n`);
  }, 120_000);
});
