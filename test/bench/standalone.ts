/** The standalone server's figures against a real Dovecot: `node test/bench/standalone.ts`, or all by `npm run bench`. */
import { join } from 'node:path';
import { Dovecot } from '../support/dovecot.ts';
import { TEST_DOMAIN } from '../support/imap-backend.ts';
import { describeFigure, type Figure } from './figure.ts';
import { benchFirstSync } from './standalone/first-sync.ts';
import { fillMailboxes, MESSAGES, PASSWORD, USERS } from './standalone/mailboxes.ts';
import { benchNotification } from './standalone/notification.ts';
import { benchRestart } from './standalone/restart.ts';
import { ServerProcess } from './standalone/server-process.ts';
import { benchUnchangedSync } from './standalone/unchanged-sync.ts';
import { benchWaiting } from './standalone/waiting.ts';

/** `say` is told where it stands. */
export async function benchStandalone(say: (text: string) => void): Promise<readonly Figure[]> {
  say(`filling ${USERS.length} mailboxes with ${MESSAGES} messages each`);
  const users = Object.fromEntries(USERS.map((user) => [user, PASSWORD]));
  const dovecot = await Dovecot.start({ users, maxUserConnections: 50 });
  const settings = {
    'mail-kind': 'imap',
    'mail-host': dovecot.host,
    'mail-port': String(dovecot.imapPort),
    'mail-tls': 'off',
    'mail-domain': TEST_DOMAIN,
    'mail-smtp-tls': 'off',
  };
  await fillMailboxes(dovecot);
  let server = await ServerProcess.start(settings);
  const figures: Figure[] = [];
  try {
    say('first Sync');
    figures.push(await benchFirstSync(dovecot, server.url));
    say('Sync without change');
    figures.push(await benchUnchangedSync(server.url));
    say('notification by IDLE');
    figures.push(...(await benchNotification(dovecot, server.url, 'told by IDLE')));
    say('restart');
    figures.push(await benchRestart(server));
    say('waiting devices');
    figures.push(await benchWaiting(server));
    await server.remove();
    say('notification by maildirWatch');
    server = await ServerProcess.start({
      ...settings,
      'mail-maildir-watch': join(dovecot.root, 'mail', '%u', 'Maildir'),
    });
    figures.push(...(await benchNotification(dovecot, server.url, 'Maildir watched')));
  } finally {
    await server.remove();
    await dovecot.stop();
  }
  return figures;
}

if (import.meta.main) {
  const figures = await benchStandalone((text) => process.stderr.write(`… ${text}\n`));
  for (const figure of figures) process.stdout.write(`${describeFigure(figure)}\n`);
}
