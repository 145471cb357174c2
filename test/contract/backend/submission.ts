import { describe, expect, it } from 'vitest';
import { type BackendFixture, eventually, expectBackendError } from './fixture.ts';

export function describeSubmission(fixture: BackendFixture): void {
  describe('submit', () => {
    const addressOf = (mailbox: { account: { addresses: readonly string[] } }): string =>
      mailbox.account.addresses[0] ?? '';

    it('resolves when the mail system has taken responsibility: the message arrives', async () => {
      const [ada, bob] = [await fixture.open('ada'), await fixture.open('bob')];
      const inbox = await fixture.inbox(bob);
      const { raw, messageId } = fixture.message({ from: addressOf(ada), to: addressOf(bob), body: 'Łódź\r\n.\r\n..' });
      await ada.submit({ from: addressOf(ada), to: [addressOf(bob)] }, raw);
      const uid = await eventually('the mail', async () => (await bob.findMessageId(inbox.id, messageId))[0]);
      const [message] = await bob.fetch(inbox.id, [uid], () => [{ path: '1' }]);
      expect(Buffer.from(message?.parts.get('1')?.bytes ?? []).toString()).toBe('Łódź\r\n.\r\n..\r\n');
    });

    it('goes to those of the envelope, whatever the header says', async () => {
      const [ada, bob] = [await fixture.open('ada'), await fixture.open('bob')];
      const { raw, messageId } = fixture.message({ to: 'undisclosed-recipients:;' });
      await ada.submit({ from: addressOf(ada), to: [addressOf(ada), addressOf(bob)] }, raw);
      for (const mailbox of [ada, bob]) {
        const inbox = await fixture.inbox(mailbox);
        await eventually('the mail', async () => (await mailbox.findMessageId(inbox.id, messageId))[0]);
      }
    });

    it('is rejected if the mail system will never take it', async () => {
      const ada = await fixture.open();
      const to = [`no-such-user@${addressOf(ada).split('@')[1]}`];
      await expectBackendError(ada.submit({ from: addressOf(ada), to }, fixture.message().raw), 'rejected');
    });

    it('refused for one recipient, nobody gets it, or the others do and the sender gets a notice', async () => {
      const [ada, bob] = [await fixture.open('ada'), await fixture.open('bob')];
      const [adas, bobs] = [await fixture.inbox(ada), await fixture.inbox(bob)];
      const { raw, messageId } = fixture.message();
      const unknown = `no-such-user-${messageId.slice(6, 9)}@${addressOf(ada).split('@')[1]}`;
      const isTaken = await ada.submit({ from: addressOf(ada), to: [addressOf(bob), unknown] }, raw).then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ name: 'BackendError', code: 'rejected' });
          return false;
        },
      );
      if (!isTaken) {
        expect(await bob.findMessageId(bobs.id, messageId)).toEqual([]);
        return;
      }
      await eventually('the mail', async () => (await bob.findMessageId(bobs.id, messageId))[0]);
      await eventually('the notice', async () => (await ada.search([adas.id], { text: unknown }, 1))[0]);
    });

    it('without recipients is rejected', async () => {
      const ada = await fixture.open();
      await expectBackendError(ada.submit({ from: addressOf(ada), to: [] }, fixture.message().raw), 'rejected');
    });
  });
}
