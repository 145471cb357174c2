import { describe, expect, it } from 'vitest';
import { type BackendFixture, expectBackendError } from './fixture.ts';

export function describeAccounts(fixture: BackendFixture): void {
  describe('authenticate and open', () => {
    const authenticate = (userName: string, password = fixture.under.credentials.ada.password) =>
      fixture.system.authenticate({ userName, password });

    it('gives the account if the password is right', async () => {
      const account = await authenticate(fixture.under.credentials.ada.userName);
      expect(account).toBeDefined();
    });

    it('gives undefined if the password is wrong', async () => {
      expect(await authenticate(fixture.under.credentials.ada.userName, 'not the password')).toBeUndefined();
    });

    it('gives undefined for an empty password', async () => {
      expect(await authenticate(fixture.under.credentials.ada.userName, '')).toBeUndefined();
    });

    it("gives undefined for another user's password", async () => {
      const { ada, bob } = fixture.under.credentials;
      expect(await authenticate(ada.userName, bob.password)).toBeUndefined();
    });

    it('gives undefined for somebody it does not know', async () => {
      expect(await authenticate('mallory')).toBeUndefined();
    });

    it.each(['', '..', '.', '/', '../bob', 'a\u0000b', 'ada\r\nx', '\\', '@', 'x'.repeat(2_000)])(
      'gives undefined for the odd name %j',
      async (userName) => {
        expect(await authenticate(userName)).toBeUndefined();
      },
    );

    it('gives a canonical, lower-case name, whichever way the person writes it', async () => {
      const name = fixture.under.credentials.ada.userName;
      const account = await authenticate(name);
      if (!account) throw new Error('ada cannot log in');
      const domain = account.addresses[0]?.split('@')[1] ?? '';
      expect(account.user).toBe(account.user.toLowerCase());
      for (const way of [
        name.toUpperCase(),
        `${name}@${domain}`,
        `${name}@${domain.toUpperCase()}`,
        `EXAMPLE\\${name}`,
      ]) {
        expect(await authenticate(way), way).toEqual(account);
      }
    });

    it('does not take a user of another domain for its own', async () => {
      expect(await authenticate(`${fixture.under.credentials.ada.userName}@elsewhere.test`)).toBeUndefined();
    });

    it('gives addresses, the primary one first', async () => {
      const account = await authenticate(fixture.under.credentials.ada.userName);
      expect(account?.addresses[0]).toMatch(/^ada@[a-z0-9.-]+$/);
    });

    it('has a name for logs', () => {
      expect(fixture.system.name).toMatch(/^[a-z]+ \S+/);
    });

    it('opens a working session', async () => {
      const mailbox = await fixture.open();
      expect(mailbox.account.user).toBe((await authenticate(fixture.under.credentials.ada.userName))?.user);
      expect((await mailbox.folders()).length).toBeGreaterThan(0);
    });

    it("shows each user nobody else's mail", async () => {
      const { folder } = await fixture.folder();
      const bobs = await fixture.open('bob');
      expect((await bobs.folders()).map((each) => each.id)).not.toContain(folder.id);
    });

    it('throws unavailable from a mailbox that was closed', async () => {
      const mailbox = await fixture.open();
      await mailbox.close();
      await expectBackendError(mailbox.folders(), 'unavailable');
    });
  });
}
