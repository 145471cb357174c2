/** The notice that a message could not be delivered to some of its recipients (RFC 3464). */
import { type Random, randomName } from '../../platform/index.ts';
import { parseMessage } from '../mime-structure.ts';
import { mailDate } from './delivery.ts';

export interface Failure {
  readonly recipient: string;
  readonly reason: string;
}

/** A multipart/report to the sender, with the header of the message that failed. `isTakenByOthers`: some recipients have it. */
export function composeBounce(
  sender: string,
  failures: readonly Failure[],
  message: Uint8Array,
  now: Date,
  random: Random,
  isTakenByOthers = true,
): Uint8Array {
  const boundary = `=_${randomName(random)}`;
  const domain = sender.slice(sender.lastIndexOf('@') + 1);
  const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
  const lines = [
    `From: Mail delivery <postmaster@${domain}>`,
    `To: <${sender}>`,
    'Subject: Undelivered mail returned to sender',
    `Date: ${mailDate(now)}`,
    `Message-ID: <${randomName(random)}.bounce@${domain}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Your message could not be delivered to these recipients:',
    '',
    ...failures.map(({ recipient, reason }) => `  ${recipient}: ${oneLine(reason)}`),
    '',
    isTakenByOthers ? 'The others have got it.' : 'Nobody has got it.',
    `--${boundary}`,
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; localhost',
    ...failures.flatMap(({ recipient, reason }) => [
      '',
      `Final-Recipient: rfc822; ${recipient}`,
      'Action: failed',
      'Status: 5.0.0',
      `Diagnostic-Code: smtp; ${oneLine(reason)}`,
    ]),
    '',
    `--${boundary}`,
    'Content-Type: text/rfc822-headers',
    'Content-Transfer-Encoding: 8bit',
    '',
    '',
  ];
  const { header } = parseMessage(message);
  return Buffer.concat([Buffer.from(lines.join('\r\n')), header, Buffer.from(`--${boundary}--\r\n`)]);
}
