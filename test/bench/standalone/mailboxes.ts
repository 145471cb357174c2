/**
 * The mailboxes of the bench: 10 users with 500 messages each, 35 % plain, 45 % multipart/alternative, 20 % with PDFs of 8 to
 * 120 KB; HTML bodies of about 5 KB. The same bytes at every run.
 */
import type { Dovecot } from '../../support/dovecot.ts';

export const USERS = Array.from({ length: 10 }, (_, index) => `user${index}`);
export const PASSWORD = 'bench-pass';
export const MESSAGES = 500;
const HTML_BYTES = 5_000;
const PDF_BYTES = { least: 8 * 1024, most: 120 * 1024 };

export type Shape = 'plain' | 'alternative' | 'pdf';

/** Of every 20 messages 7 are plain, 9 alternative, 4 with a PDF, in a mixed order. */
export function shapeOf(index: number): Shape {
  const place = (index * 7) % 20;
  return place < 7 ? 'plain' : place < 16 ? 'alternative' : 'pdf';
}

/** The IMAP path of the part that a device is sent as its body. */
export const bodyPathOf = (shape: Shape): string => ({ plain: '1', alternative: '2', pdf: '1.2' })[shape];

export async function fillMailboxes(dovecot: Dovecot): Promise<void> {
  for (const [number, user] of USERS.entries()) {
    for (let index = 0; index < MESSAGES; index++) {
      await dovecot.deliver(user, message(number, index), 'INBOX', new Date(dateOf(index)));
    }
  }
}

/** Milliseconds since 1970: an hour apart. */
const dateOf = (index: number): number => Date.UTC(2026, 0, 1) + index * 3_600_000;

/** Beside those of `fillMailboxes`. */
export const messageOfToday = (user: number, index: number): Uint8Array =>
  message(user, MESSAGES + index, new Date().getTime());

function message(user: number, index: number, sentMs = dateOf(index)): Uint8Array {
  const head = [
    `From: "Sender ${index % 40}" <sender${index % 40}@elsewhere.example>`,
    `To: ${USERS[user]}@example.org`,
    `Subject: Message ${index} of ${USERS[user]}`,
    `Date: ${new Date(sentMs).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${index}.${user}@elsewhere.example>`,
    'MIME-Version: 1.0',
  ];
  const shape = shapeOf(index);
  const body = shape === 'plain' ? plainPart(index) : shape === 'alternative' ? alternative(index) : withPdf(index);
  return Buffer.from(`${[...head, body].join('\r\n')}\r\n`, 'latin1');
}

const sentence = (index: number) =>
  `This is sentence ${index} of a message that somebody might have written to somebody. `;

const words = (index: number, bytes: number) =>
  sentence(index)
    .repeat(Math.ceil(bytes / 80))
    .slice(0, bytes);

const plainPart = (index: number) =>
  `Content-Type: text/plain; charset=utf-8\r\n\r\n${words(index, 2_000).replace(/(.{76})/g, '$1\r\n')}`;

function html(index: number): string {
  const paragraphs = Array.from(
    { length: HTML_BYTES / 250 },
    (_, at) => `<p style="margin:0 0 1em;font-family:sans-serif">${words(index + at, 180)}</p>\r\n`,
  );
  return `<html><head><title>Message</title></head><body>\r\n${paragraphs.join('')}</body></html>`.slice(0, HTML_BYTES);
}

const alternative = (index: number, boundary = `alt${index}`) =>
  [
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    plainPart(index),
    `--${boundary}`,
    `Content-Type: text/html; charset=utf-8\r\n\r\n${html(index)}`,
    `--${boundary}--`,
  ].join('\r\n');

function withPdf(index: number): string {
  const sizeBytes = PDF_BYTES.least + ((index * 7919) % (PDF_BYTES.most - PDF_BYTES.least));
  const pdf = Buffer.alloc(sizeBytes, `%PDF-1.4 ${index} `)
    .toString('base64')
    .replace(/(.{76})/g, '$1\r\n');
  return [
    `Content-Type: multipart/mixed; boundary="mix${index}"`,
    '',
    `--mix${index}`,
    alternative(index),
    `--mix${index}`,
    `Content-Type: application/pdf; name="paper${index}.pdf"`,
    `Content-Disposition: attachment; filename="paper${index}.pdf"`,
    'Content-Transfer-Encoding: base64',
    '',
    pdf,
    `--mix${index}--`,
  ].join('\r\n');
}
