import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeResourceContract, eventText } from '../../contract/resources.ts';
import { Cyrus } from '../../support/cyrus.ts';
import { openDav } from './setup.ts';

const PASSWORD = 'ada-pass';

/** The user's mailbox is made when the user first signs in to IMAP, and the collections with it. */
async function start(): Promise<Cyrus> {
  const cyrus = await Cyrus.start({ ada: PASSWORD, bob: PASSWORD });
  for (const user of ['ada', 'bob']) {
    const auth = { user, pass: PASSWORD };
    const imap = new ImapFlow({ host: '127.0.0.1', port: cyrus.imapPort, secure: false, auth, logger: false });
    await imap.connect();
    await imap.logout();
  }
  return cyrus;
}

describeResourceContract('dav, Cyrus', async () => {
  const cyrus = await start();
  const open = () => openDav({ url: cyrus.url }, 'ada', PASSWORD);
  return { mailbox: await open(), other: await open(), stop: () => cyrus.stop() };
});

describe('dav, Cyrus', () => {
  let cyrus: Cyrus;
  beforeAll(async () => {
    cyrus = await start();
  }, 90_000);
  afterAll(() => cyrus.stop());

  it('tells when another user is busy, and nothing of whom it does not know', async () => {
    const bobs = await openDav({ url: cyrus.url }, 'bob', PASSWORD);
    const calendar = (await bobs.resources?.collections())?.find((it) => it.kind === 'calendar')?.id ?? '';
    await bobs.resources?.put(calendar, 'busy.ics', eventText('busy'), 'new');
    const mailbox = await openDav({ url: cyrus.url }, 'ada', PASSWORD);
    const day = [Date.UTC(2026, 10, 24), Date.UTC(2026, 10, 25)] as const;
    const hour = { fromMs: Date.UTC(2026, 10, 24, 10), toMs: Date.UTC(2026, 10, 24, 11), kind: 'busy' };
    expect(await mailbox.freeBusy?.('bob@example.org', ...day)).toEqual([hour]);
    expect(await mailbox.freeBusy?.('ada@example.org', ...day)).toEqual([]);
    expect(await mailbox.freeBusy?.('nobody@elsewhere.example', ...day)).toBeUndefined();
    await bobs.close();
    await mailbox.close();
  });

  it('sends invitations itself', async () => {
    const mailbox = await openDav({ url: cyrus.url }, 'ada', PASSWORD);
    await mailbox.resources?.collections();
    expect(mailbox.resources?.capabilities.schedulesItself).toBe(true);
    await mailbox.close();
  });
});
