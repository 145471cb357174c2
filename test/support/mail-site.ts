/** A mail system of a test's own: a real Dovecot, and a submission server that delivers to it. */
import { Dovecot, type DovecotOptions } from './dovecot.ts';
import { TEST_DOMAIN } from './imap-backend.ts';
import { SmtpSink, type SunkMessage } from './smtp-sink.ts';

export class MailSite {
  readonly dovecot: Dovecot;
  readonly smtp: SmtpSink;

  private constructor(dovecot: Dovecot, smtp: SmtpSink) {
    this.dovecot = dovecot;
    this.smtp = smtp;
  }

  /** `onTaken` is called when the submission server has a message and before it says so. */
  static async start(options: DovecotOptions, onTaken: () => void | Promise<void> = () => {}): Promise<MailSite> {
    const dovecot = await Dovecot.start(options);
    const userOf = (address: string) => address.slice(0, address.indexOf('@'));
    const isLocal = (address: string) => address.endsWith(`@${TEST_DOMAIN}`);
    const smtp = await SmtpSink.start({
      users: dovecot.users,
      accepts: (address) => !isLocal(address) || userOf(address) in dovecot.users,
      deliver: async (address, raw) => {
        await onTaken();
        if (isLocal(address)) await dovecot.deliver(userOf(address), raw);
      },
    });
    return new MailSite(dovecot, smtp);
  }

  /** A server's settings by flag; `imapPort` where something lies between. */
  settings(imapPort: number = this.dovecot.imapPort): Readonly<Record<string, string>> {
    return {
      'mail-kind': 'imap',
      'mail-host': this.dovecot.host,
      'mail-port': String(imapPort),
      'mail-tls': 'off',
      'mail-domain': TEST_DOMAIN,
      'mail-smtp-host': '127.0.0.1',
      'mail-smtp-port': String(this.smtp.port),
      'mail-smtp-tls': 'off',
    };
  }

  /** What the submission server took with this subject. */
  taken(subject: string): readonly SunkMessage[] {
    return this.smtp.messages.filter((it) => it.raw.toString('latin1').includes(`Subject: ${subject}\r\n`));
  }

  async stop(): Promise<void> {
    await this.smtp.stop();
    await this.dovecot.stop();
  }
}
