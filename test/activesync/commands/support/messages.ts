// Messages for tests, in a line each.

export interface MailText {
  readonly from?: string;
  readonly to?: string;
  readonly cc?: string;
  readonly subject?: string;
  readonly text?: string;
  readonly html?: string;
  readonly date?: string;
  readonly messageId?: string;
  readonly attachments?: readonly { readonly name: string; readonly type: string; readonly bytes: Uint8Array }[];
}

/** A message as mailers write it: text alone, or with HTML, or with attachments. */
export function composeMail(mail: MailText): string {
  const header = [
    `From: ${mail.from ?? 'Bob Moss <bob@example.org>'}`,
    `To: ${mail.to ?? 'Ada Lovelace <ada@example.org>'}`,
    ...(mail.cc ? [`Cc: ${mail.cc}`] : []),
    `Subject: ${mail.subject ?? 'Hello'}`,
    `Date: ${mail.date ?? 'Thu, 15 Jan 2026 09:00:00 +0000'}`,
    ...(mail.messageId ? [`Message-ID: ${mail.messageId}`] : []),
    'MIME-Version: 1.0',
  ];
  const text = part('text/plain; charset=utf-8', mail.text ?? 'Hello Ada');
  const body = mail.html ? multipart('alternative', [text, part('text/html; charset=utf-8', mail.html)]) : text;
  const all = mail.attachments?.length ? multipart('mixed', [body, ...mail.attachments.map(attachment)]) : body;
  return `${header.join('\r\n')}\r\n${all}`;
}

const part = (type: string, content: string): string => `Content-Type: ${type}\r\n\r\n${content}\r\n`;

const multipart = (subtype: string, parts: readonly string[]): string => {
  const boundary = `=_${subtype}`;
  const inside = parts.map((it) => `--${boundary}\r\n${it}`).join('');
  return `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n\r\n${inside}--${boundary}--\r\n`;
};

const attachment = ({ name, type, bytes }: { name: string; type: string; bytes: Uint8Array }): string =>
  [
    `Content-Type: ${type}; name="${name}"`,
    `Content-Disposition: attachment; filename="${name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(bytes).toString('base64').replace(/.{76}/g, '$&\r\n'),
    '',
  ].join('\r\n');
