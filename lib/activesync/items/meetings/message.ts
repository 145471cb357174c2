/** An iTIP object as mail (RFC 6047): a text for people, and the object for their programs. */
import { createHash } from 'node:crypto';
import MimeNode from 'nodemailer/lib/mime-node';
import { addressLine, headerLine, rawHeaderLine } from '../mime-writer.ts';
import { type MeetingContext, type MeetingMessage, primaryAddress } from './itip.ts';

/** The same bytes for the same message, so that one that is sent again can be known by its Message-ID. */
export async function composeMeetingMessage(
  message: MeetingMessage,
  { account, now }: MeetingContext,
): Promise<Uint8Array> {
  const address = primaryAddress(account);
  const id = createHash('sha256')
    .update(`${address}\n${message.recipients.join(',')}\n${message.calendar}`)
    .digest('hex')
    .slice(0, 32);
  const header = [
    addressLine('From', [{ name: account.displayName ?? '', address }]),
    addressLine(
      'To',
      message.recipients.map((it) => ({ name: '', address: it })),
    ),
    headerLine('Subject', message.subject || 'Meeting'),
    rawHeaderLine('Date', now.toUTCString().replace('GMT', '+0000')),
    `Message-ID: <${id}@${address.split('@')[1] ?? 'localhost'}>\r\n`,
    'MIME-Version: 1.0\r\n',
  ].join('');
  const root = new MimeNode('multipart/alternative', {
    baseBoundary: `cv_${id.slice(0, 24)}`,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // A child of the root has no header fields but its own; the root's are written above.
  const top = root.createChild('multipart/alternative');
  top.createChild('text/plain; charset=utf-8').setContent(`${message.text.replace(/\r\n|\r|\n/g, '\r\n')}\r\n`);
  const calendar = top.createChild(`text/calendar; charset=utf-8; method=${message.method}`);
  calendar.setHeader('Content-Transfer-Encoding', 'base64');
  calendar.setContent(Buffer.from(message.calendar));
  return Buffer.concat([Buffer.from(header), await top.build()]);
}
