/** Among a phone's contacts is one with a photo beyond all bounds: it is kept from the phone, told of and counted, and the rest comes. */
import { expect, it } from 'vitest';
import { FolderType, itemText } from '../../../lib/activesync/client/index.ts';
import { cardText } from '../../contract/resources.ts';
import type { Radicale } from '../radicale.ts';
import type { Served } from './served.ts';

/** Radicale takes a minute for 50 MB. */
export const PHOTO_MB = process.env['CARAVAN_FAULT_SIZE'] === 'full' ? 50 : 27;
const CONTACTS = 20;
/** Far less than the photo beside what a server has by itself: it was never whole in memory, let alone twice. */
const BOUND_BYTES = 300 * 1024 * 1024;
const PATIENCE = { timeout: 120_000 };

export async function putContacts(radicale: Radicale): Promise<void> {
  for (let at = 0; at < CONTACTS; at++)
    await radicale.put('ada', 'contacts', `c${at}.vcf`, cardText(`c${at}`, `Contact ${at}`));
  const photo = `PHOTO;ENCODING=b;TYPE=JPEG:${'A'.repeat(PHOTO_MB * 1024 * 1024)}`;
  const card = cardText('large', 'Large').replace('END:VCARD', `${photo}\r\nEND:VCARD`);
  await radicale.put('ada', 'contacts', 'large.vcf', card);
}

export function describeLargePhotoJourney(served: () => Served): void {
  it(
    `a contact with a photo of ${PHOTO_MB} MB is kept from the phone and counted; the rest comes, once`,
    PATIENCE,
    async () => {
      const phone = served().device({ version: '16.1' });
      await phone.folderSync();
      const { serverId: collectionId } = phone.folder(FolderType.contacts);
      await phone.syncAll({ collectionId });
      const names = phone.items(collectionId).map((it) => itemText(it, 'Contacts:FileAs'));
      expect(names).toHaveLength(CONTACTS);
      expect(new Set(names)).toEqual(new Set(Array.from({ length: CONTACTS }, (_, at) => `Contact ${at}`)));
      expect(await phone.sync({ collectionId })).toBeUndefined();
      expect(await served().counted('caravan_poison_items_total{cause="not-rendered"}')).toBe(1);
      for (const bytes of await served().mostBytes()) expect(bytes).toBeLessThan(BOUND_BYTES);
    },
  );
}
