/**
 * A process that delivers, appends, flags and moves in a loop until it is killed, and tells on standard output what it was
 * told: `delivered <Message-ID>`, `uid <folder> <validity> <uid> <Message-ID>`. Arguments: root, name of this worker, and
 * optionally a number of rounds after which it ends by itself.
 */
import { writeSync } from 'node:fs';
import { openFolders } from '../../../lib/backends/index.ts';
import { openAs } from './setup.ts';

const [root = '', worker = '', rounds = 'Infinity'] = process.argv.slice(2);
const tell = (line: string) => writeSync(1, `${line}\n`);

const system = await openFolders({ root });
const mailbox = await openAs(system, 'ada');
tell('ready');
for (let round = 0; round < Number(rounds); round++) {
  const messageId = (kind: string) => `<${worker}-${process.pid}-${round}-${kind}@example.org>`;
  const message = (id: string) => Buffer.from(`Subject: round ${round}\r\nMessage-ID: ${id}\r\n\r\nHello\r\n`);

  const delivered = messageId('delivered');
  await system.deliver(mailbox.account, message(delivered), { from: 'x@y', to: 'ada@example.org', protocol: 'test' });
  tell(`delivered ${delivered}`);

  const appended = messageId('appended');
  const { uid, validity } = await mailbox.append('INBOX', message(appended), { flags: ['\\Seen', 'Category'] });
  tell(`delivered ${appended}`);
  tell(`uid INBOX ${validity} ${uid} ${appended}`);

  await mailbox.updateFlags('INBOX', [uid], { add: ['\\Flagged'], remove: ['\\Seen'] });
  // Leaving some behind, and going both ways.
  const target = round % 3 === 0 ? 'Archive' : 'Sent';
  const moved = (await mailbox.move('INBOX', [uid], target)).get(uid);
  if (moved !== undefined) {
    tell(`uid ${target} ${(await mailbox.changes(target)).validity} ${moved} ${appended}`);
    if (round % 2 === 0) {
      const back = (await mailbox.move(target, [moved], 'INBOX')).get(moved);
      if (back !== undefined) tell(`uid INBOX ${validity} ${back} ${appended}`);
    }
  }
}
await system.close();
