import { describeBackendContract } from '../../contract/backend.ts';
import { startImapBackend } from '../../support/imap-backend.ts';

describeBackendContract('Dovecot without CONDSTORE, QRESYNC, ESEARCH and SPECIAL-USE', () =>
  startImapBackend({
    withoutCapabilities: ['CONDSTORE', 'QRESYNC', 'ENABLE', 'ESEARCH', 'SPECIAL-USE', 'LIST-EXTENDED'],
  }),
);

describeBackendContract('Dovecot without QRESYNC', () => startImapBackend({ withoutCapabilities: ['QRESYNC'] }));

describeBackendContract('Dovecot without MOVE, UIDPLUS and LITERAL+', () =>
  startImapBackend({ withoutCapabilities: ['MOVE', 'UIDPLUS', 'LITERAL+', 'SASL-IR'] }),
);

describeBackendContract('Dovecot without IDLE', () => startImapBackend({ withoutCapabilities: ['IDLE', 'NOTIFY'] }));
