import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeResourceContract } from '../../contract/resources.ts';
import { Cyrus } from '../../support/cyrus.ts';
import { openDav } from './setup.ts';

const PASSWORD = 'ada-pass';

/** The user's mailbox is made when the user first signs in to IMAP, and the collections with it. */
async function start(): Promise<Cyrus> {
  const cyrus = await Cyrus.start({ ada: PASSWORD });
  const auth = { user: 'ada', pass: PASSWORD };
  const imap = new ImapFlow({ host: '127.0.0.1', port: cyrus.imapPort, secure: false, auth, logger: false });
  await imap.connect();
  await imap.logout();
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

  it('sends invitations itself', async () => {
    const mailbox = await openDav({ url: cyrus.url }, 'ada', PASSWORD);
    await mailbox.resources?.collections();
    expect(mailbox.resources?.capabilities.schedulesItself).toBe(true);
    await mailbox.close();
  });
});
