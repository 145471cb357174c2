// Groups in an address book, which devices have no words for: nothing is told of them, and nothing becomes of them.
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ResourceStore } from '../../../lib/backends/index.ts';
import { type MailUser, startMailUser } from './support/mail-user.ts';
import { TestDevice } from './support/test-device.ts';

const card = (uid: string, lines: readonly string[]) =>
  ['BEGIN:VCARD', ...lines, `UID:${uid}`, 'END:VCARD', ''].join('\r\n');
const GROUPS = {
  'four.vcf': card('four', ['VERSION:4.0', 'KIND:group', 'FN:Rowing club', 'MEMBER:urn:uuid:ann']),
  'three.vcf': card('three', ['VERSION:3.0', 'N:Rowing team', 'FN:Rowing team', 'X-ADDRESSBOOKSERVER-KIND:group']),
};

let ada: MailUser;
let store: ResourceStore;
let folder: { readonly id: string; readonly backendId: string };
beforeEach(async () => {
  ada = await startMailUser();
  store = ada.mailbox.resources as ResourceStore;
  const found = (await ada.user.folders()).find((it) => it.kind === 'contacts');
  folder = { id: found?.id ?? '', backendId: found?.backendId ?? '' };
});
afterEach(() => ada.stop());

it('the contacts come and can be changed, groups do not, and are found by no search', async () => {
  for (const [name, text] of Object.entries(GROUPS)) await store.put(folder.backendId, name, text, 'new');
  await store.put(folder.backendId, 'ann.vcf', card('ann', ['VERSION:4.0', 'KIND:individual', 'FN:Rowing Ann']), 'new');
  const phone = new TestDevice(ada.user);
  const sync = async (key: string, commands = '') => {
    const { xml } = await phone.post(
      'Sync',
      `<Sync><Collections><Collection><SyncKey>${key}</SyncKey><CollectionId>${folder.id}</CollectionId>${commands}</Collection></Collections></Sync>`,
    );
    return { xml, key: /<SyncKey>([^<]+)</.exec(xml)?.[1] ?? key };
  };
  const first = await sync((await sync('0')).key);
  expect(first.xml.match(/<Add>/g)).toHaveLength(1);
  expect(first.xml).toContain('Rowing Ann');
  expect(first.xml).not.toContain('MoreAvailable');
  const serverId = /<ServerId>([^<]+)</.exec(first.xml)?.[1] ?? '';
  const change = `<Change><ServerId>${serverId}</ServerId><ApplicationData><Contacts:JobTitle>Cox</Contacts:JobTitle></ApplicationData></Change>`;
  const second = await sync(first.key, `<Commands>${change}</Commands>`);
  expect(second.xml).not.toMatch(/<Add>|<Delete>/);
  expect((await sync(second.key)).xml).not.toContain('Rowing');
  const { xml } = await phone.post(
    'Search',
    '<Search><Store><Name>Mailbox</Name><Query><And><AirSync:Class>Contacts</AirSync:Class><FreeText>Rowing</FreeText></And></Query><Options><Range>0-9</Range></Options></Store></Search>',
  );
  expect(xml.match(/<LongId>/g)).toHaveLength(1);
  const texts = await store.read(folder.backendId, Object.keys(GROUPS));
  expect(Object.fromEntries(texts.map((it) => [it.name, it.text]))).toEqual(GROUPS);
});
