/** The standalone server's figures against a real Dovecot: `node test/bench/standalone.ts`, or all by `npm run bench`. */
import { join } from 'node:path';
import { Dovecot } from '../support/dovecot.ts';
import { TEST_DOMAIN } from '../support/imap-backend.ts';
import { describeFigure, type Figure } from './figure.ts';
import { buildBundle } from './standalone/bundle.ts';
import { benchFirstSync } from './standalone/first-sync.ts';
import { fillMailboxes, MESSAGES, PASSWORD, USERS } from './standalone/mailboxes.ts';
import { benchNotification } from './standalone/notification.ts';
import { benchRestart } from './standalone/restart.ts';
import { ServerProcess } from './standalone/server-process.ts';
import { benchUnchangedSync } from './standalone/unchanged-sync.ts';
import { benchWaiting } from './standalone/waiting.ts';

/** In the order of measuring: those that bring mail come after those that count on what there is. */
export const STANDALONE_PARTS = ['first-sync', 'unchanged', 'restart', 'waiting', 'idle', 'maildir'] as const;
export type StandalonePart = (typeof STANDALONE_PARTS)[number];

/** `say` is told where it stands. */
export async function benchStandalone(
  say: (text: string) => void,
  parts: readonly StandalonePart[] = STANDALONE_PARTS,
): Promise<readonly Figure[]> {
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
  const bundle = await buildBundle();
  const figures: Figure[] = [];
  const withServer = async (more: Readonly<Record<string, string>>, run: (server: ServerProcess) => Promise<void>) => {
    const server = await ServerProcess.start(bundle.main, { ...settings, ...more });
    try {
      await run(server);
    } finally {
      await server.remove();
    }
  };
  try {
    say(`filling ${USERS.length} mailboxes with ${MESSAGES} messages each`);
    await fillMailboxes(dovecot);
    for (const part of STANDALONE_PARTS.filter((it) => parts.includes(it))) {
      say(part);
      const isWatched = part === 'maildir';
      const maildirs: Record<string, string> = isWatched
        ? { 'mail-maildir-watch': join(dovecot.root, 'mail', '%u', 'Maildir') }
        : {};
      await withServer(maildirs, async (server) => {
        if (part === 'first-sync') figures.push(...(await benchFirstSync(dovecot, server)));
        else if (part === 'unchanged') figures.push(await benchUnchangedSync(server));
        else if (part === 'restart') figures.push(await benchRestart(server));
        else if (part === 'waiting') figures.push(await benchWaiting(dovecot, server, say));
        else {
          const how = isWatched ? 'Dovecot, Maildir watched' : 'Dovecot, told by IDLE';
          figures.push(...(await benchNotification(dovecot, server.url, how)));
        }
      });
    }
  } finally {
    await bundle.remove();
    await dovecot.stop();
  }
  return figures;
}

if (import.meta.main) {
  const parts = STANDALONE_PARTS.filter((it) => process.argv.includes(it));
  const say = (text: string) => process.stderr.write(`… ${text}\n`);
  for (const figure of await benchStandalone(say, parts.length > 0 ? parts : undefined)) {
    process.stdout.write(`${describeFigure(figure)}\n`);
  }
}
