/** The IMAP mail system against a Dovecot and a submission server of a test's own. */
import { type ImapConfiguration, ImapMailSystem } from '../../lib/backends/imap/index.ts';
import { silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import type { BackendUnderTest } from '../contract/backend.ts';
import { Dovecot, type DovecotOptions } from './dovecot.ts';
import { SmtpSink } from './smtp-sink.ts';

export const TEST_DOMAIN = 'example.org';

export interface ImapUnderTest extends BackendUnderTest {
  readonly system: ImapMailSystem;
  readonly dovecot: Dovecot;
  readonly smtp: SmtpSink;
  /** What the system was made with: to make another. */
  readonly configuration: ImapConfiguration;
}

export async function startImapBackend(
  dovecotOptions: DovecotOptions = {},
  overrides: Partial<ImapConfiguration> = {},
): Promise<ImapUnderTest> {
  const dovecot = await Dovecot.start(dovecotOptions);
  const isLocal = (address: string) => address.endsWith(`@${TEST_DOMAIN}`);
  const userOf = (address: string) => address.slice(0, address.indexOf('@'));
  const smtp = await SmtpSink.start({
    users: dovecot.users,
    accepts: (address) => !isLocal(address) || userOf(address) in dovecot.users,
    deliver: async (address, raw) => {
      if (isLocal(address)) await dovecot.deliver(userOf(address), raw);
    },
  });
  const configuration: ImapConfiguration = {
    host: dovecot.host,
    port: dovecot.imapPort,
    tls: dovecotOptions.tls ?? 'none',
    checkCertificates: false,
    smtp: { host: '127.0.0.1', port: smtp.port, tls: 'none', auth: 'same' },
    domain: TEST_DOMAIN,
    timeouts: {
      pollMinSeconds: 0.3,
      pollMaxSeconds: 1,
      hierarchySeconds: 1,
      reconnectSeconds: 0.1,
      commandSeconds: 20,
    },
    ...overrides,
  };
  const system = new ImapMailSystem(configuration, { clock: systemClock, random: systemRandom, log: silentLog });
  const credentials = {
    ada: { userName: 'ada', password: dovecot.users['ada'] ?? '' },
    bob: { userName: 'bob', password: dovecot.users['bob'] ?? '' },
  };
  return {
    system,
    dovecot,
    smtp,
    configuration,
    credentials,
    deliver: (user, raw, folder) => dovecot.deliver(user, raw, folder),
    stop: async () => {
      await system.close();
      await smtp.stop();
      await dovecot.stop();
    },
  };
}
