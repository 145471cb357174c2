import { describeBackendContract } from '../../contract/backend.ts';
import { startImapBackend } from '../../support/imap-backend.ts';

describeBackendContract('Dovecot with everything', () => startImapBackend());

describeBackendContract('Dovecot over TLS, folders below INBOX., one work connection', () =>
  startImapBackend({ tls: 'implicit', separator: '.', prefix: 'INBOX.' }, { maxConnectionsPerUser: 2 }),
);

describeBackendContract('Dovecot over STARTTLS, folders as directories', () =>
  startImapBackend({ tls: 'starttls', layout: 'fs' }),
);
