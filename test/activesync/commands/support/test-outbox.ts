// An outbox that keeps what it is given, and says what a test tells it to.
import type { Outbox, OutgoingMessage, SendResult } from '../../../../lib/outbox/index.ts';

export class TestOutbox implements Outbox {
  readonly sent: (OutgoingMessage & { readonly sentFolderId: string | undefined })[] = [];
  result: SendResult = { kind: 'sent' };

  wasSent: Outbox['wasSent'] = () => Promise.resolve(false);

  send: Outbox['send'] = (_lease, _mailbox, sentFolder, message) => {
    this.sent.push({ ...message, sentFolderId: sentFolder.id });
    return Promise.resolve(this.result);
  };

  /** The last message, as text. */
  get lastText(): string {
    return Buffer.from(this.sent.at(-1)?.message ?? []).toString('utf8');
  }
}
