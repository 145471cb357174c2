/** What else a phone says of mail: that it took the policies, Search and Find, ItemOperations, SmartReply and SmartForward, Settings. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { composeMail, type DeviceClientOptions, FolderType, itemText } from '../../../lib/activesync/client/index.ts';
import type { ProtocolVersion } from '../../../lib/activesync/index.ts';
import type { UserName } from '../../backends/folders/setup.ts';
import type { Served } from './served.ts';

const PDF = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7) % 256));
const PATIENCE = { timeout: 120_000 };

export function describeCommandJourney(versions: readonly ProtocolVersion[], served: () => Served): void {
  describe.each(versions)('commands at %s', (version) => {
    const device = (user: UserName, options: Partial<DeviceClientOptions>) => served().device({ ...options, user });

    beforeAll(async () => {
      const message = await composeMail({
        from: 'Bob Moss <bob@example.org>',
        to: 'ada@example.org',
        subject: `Plans for ${version}`,
        text: `Here are the plans for ${version}.`,
        attachments: [{ filename: 'plan.pdf', contentType: 'application/pdf', content: PDF }],
      });
      await served().mail.deliver('ada', message);
    }, 60_000);

    it('a device that was not provisioned is refused, and provisions itself', PATIENCE, async () => {
      const stubborn = device('ada', { version, provisions: false });
      await expect(stubborn.folderSync()).rejects.toThrow();
      const phone = device('ada', { version });
      await phone.folderSync();
      expect(phone.state.policyKey).toMatch(/^[1-9]\d*$/);
      expect(await phone.provision()).toMatchObject({ DevicePasswordEnabled: '1', MinDevicePasswordLength: '6' });
    });

    it(
      'what is searched for is found, fetched whole, and its attachment brought in one piece and in ranges',
      PATIENCE,
      async () => {
        const phone = device('ada', { version });
        const { found } = await phone.search({ text: `Plans for ${version}` });
        const subjects = found.map((it) => itemText(it.item, 'Email:Subject'));
        expect(subjects).toContain(`Plans for ${version}`);
        const longId = found[subjects.indexOf(`Plans for ${version}`)]?.longId;
        const item = await phone.fetchItem({ longId, bodyPreferences: [{ type: 1 }] });
        expect(JSON.stringify(item)).toContain(`Here are the plans for ${version}.`);

        const reference = /\["AirSyncBase:FileReference","([^"]+)"\]/.exec(JSON.stringify(item))?.[1] ?? '';
        for (const multipart of [false, true]) {
          const whole = await phone.fetchAttachment({ fileReference: reference, multipart });
          expect(PDF.equals(whole.bytes)).toBe(true);
          const range = await phone.fetchAttachment({
            fileReference: reference,
            multipart,
            range: { first: 100, last: 199 },
          });
          expect([range.range, range.total, PDF.subarray(100, 200).equals(range.bytes)]).toEqual([
            '100-199',
            5000,
            true,
          ]);
        }
        if (version === '12.1') expect(PDF.equals((await phone.getAttachment(reference)).bytes)).toBe(true);
        if (version === '16.1') {
          const seen = await phone.find({ searchId: 'A1', text: `subject:plans ${version}` });
          expect(seen.found.map((it) => itemText(it.item, 'Email:Subject'))).toContain(`Plans for ${version}`);
        }
      },
    );

    it('what is found is answered and forwarded, and the other user has it', PATIENCE, async () => {
      const phone = device('ada', { version });
      const { found } = await phone.search({ text: `Here are the plans for ${version}` });
      const longId = found[0]?.longId ?? '';
      const mail = async (subject: string) => ({
        source: { longId },
        mime: await composeMail({ from: 'ada@example.org', to: 'bob@example.org', subject, text: 'See below.' }),
      });
      await phone.smartReply(await mail(`Re: ${version}`));
      await phone.smartForward(await mail(`Fw: ${version}`));

      const bobs = device('bob', { version });
      await bobs.folderSync();
      const inbox = bobs.folder(FolderType.inbox).serverId;
      const received = (subject: string) =>
        JSON.stringify(bobs.items(inbox).find((it) => itemText(it, 'Email:Subject') === subject));
      // A mail system may tell of a delivery a moment later.
      await vi.waitFor(async () => {
        await bobs.syncAll({ collectionId: inbox, bodyPreferences: [{ type: 1 }] });
        expect(received(`Re: ${version}`)).toContain(`> Here are the plans for ${version}.`);
        expect(received(`Fw: ${version}`)).toContain('plan.pdf');
      }, 60_000);

      const again = await phone.fetchItem({ longId });
      if (version !== '12.1') expect(itemText(again, 'Email2:LastVerbExecuted')).toMatch(/^[123]$/);
    });

    it('the device tells what it is, and hears whose it is', PATIENCE, async () => {
      const phone = device('ada', { version });
      await phone.sendInformation({ model: 'One', userAgent: 'Test/1' });
      expect((await phone.userInformation()).emailAddresses).toEqual(served().mail.addresses);
    });
  });
}
