// Mail on a real Dovecot; calendars, contacts, tasks and notes on a real Radicale.
import { PROTOCOL_VERSIONS } from '../../lib/activesync/index.ts';
import { describeEndToEnd } from '../support/end-to-end/describe-end-to-end.ts';
import { dovecotAndRadicale } from '../support/end-to-end/mail-system.ts';

describeEndToEnd('Dovecot and Radicale', dovecotAndRadicale, {
  'a standalone server': { mail: PROTOCOL_VERSIONS, commands: ['16.1'], resources: ['16.1', '14.1', '12.1'] },
  'a pool of two servers': { mail: ['16.1', '12.1'], commands: ['16.1', '12.1'], resources: ['16.1', '14.0'] },
});
