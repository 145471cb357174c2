/** A message as MIME, for those who have words and no MIME. */
import MailComposer from 'nodemailer/lib/mail-composer/index.js';

export interface MailWords {
  readonly from: string;
  readonly to: string | readonly string[];
  readonly cc?: string | readonly string[] | undefined;
  readonly bcc?: string | readonly string[] | undefined;
  readonly subject: string;
  readonly text: string;
  readonly html?: string | undefined;
  readonly attachments?:
    | readonly { readonly filename: string; readonly content: Uint8Array; readonly contentType?: string }[]
    | undefined;
}

/** With Bcc kept in, since the server takes the recipients from the message. */
export function composeMail(words: MailWords): Promise<Uint8Array> {
  const list = (addresses: string | readonly string[] | undefined) =>
    typeof addresses === 'string' ? addresses : addresses?.join(', ');
  const composer = new MailComposer({
    from: words.from,
    to: list(words.to),
    cc: list(words.cc),
    bcc: list(words.bcc),
    subject: words.subject,
    text: words.text,
    html: words.html,
    attachments: words.attachments?.map((it) => ({ ...it, content: Buffer.from(it.content) })),
  });
  const message = composer.compile();
  message.keepBcc = true;
  return message.build();
}
