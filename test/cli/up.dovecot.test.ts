// `caravan up` in front of a real mail system: named by flags, what no flag says in the settings file.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { composeMail, DeviceClient, FolderType } from '../../lib/activesync/client/index.ts';
import { TEST_DOMAIN } from '../support/imap-backend.ts';
import { MailSite } from '../support/mail-site.ts';
import { LongCall } from './support/caravan.ts';

const LIMIT_MS = 120_000;

let directory: string;
let site: MailSite;
let call: LongCall;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caravan-up-imap-'));
  site = await MailSite.start({ users: { ada: 'ada-secret' } });
  // The Dovecot and the submission server of the tests speak no TLS.
  const config = join(directory, 'settings.json');
  await writeFile(config, JSON.stringify({ mail: { kind: 'imap', tls: 'off', smtp: { tls: 'off' } } }));
  const [imap, smtp] = [`${site.dovecot.host}:${site.dovecot.imapPort}`, `127.0.0.1:${site.smtp.port}`];
  const line = `up --servers 2 --port 0 --directory ${directory} --config ${config} --imap ${imap} --smtp ${smtp} --domain ${TEST_DOMAIN}`;
  call = new LongCall(directory, line.split(' '));
}, LIMIT_MS);
afterAll(async () => {
  await call.end('SIGINT');
  await site.stop();
  await rm(directory, { recursive: true, force: true });
}, LIMIT_MS);

it('a device syncs a mailbox of it, and sends by it', { timeout: 2 * LIMIT_MS }, async () => {
  const up = await call.until((it) => 'url' in it, 'the pool is up', LIMIT_MS);
  expect(up).toMatchObject({ servers: { length: 2 }, directory });
  // There is no embedded one.
  expect(up).not.toHaveProperty('users');
  const letter = { from: 'carol@elsewhere.example', to: `ada@${TEST_DOMAIN}`, subject: 'Real', text: 'Mail.' };
  await site.dovecot.deliver('ada', await composeMail(letter));
  const phone = new DeviceClient({ url: String(up['url']), user: 'ada', password: 'ada-secret', deviceId: 'phone' });
  await phone.folderSync();
  const collectionId = phone.folder(FolderType.inbox).serverId;
  await phone.syncAll({ collectionId });
  expect(phone.items(collectionId)).toHaveLength(1);
  await phone.sendMail({ mime: await composeMail({ ...letter, from: letter.to, to: letter.from, subject: 'Back' }) });
  const deadline = performance.now() + LIMIT_MS;
  while (site.taken('Back').length === 0 && performance.now() < deadline)
    await new Promise((done) => setTimeout(done, 50));
  expect(site.taken('Back')).toHaveLength(1);
  phone.close();
});
