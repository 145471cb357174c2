// On local mail folders, which the servers of a pool share.
import { PROTOCOL_VERSIONS } from '../../lib/activesync/index.ts';
import { describeEndToEnd } from '../support/end-to-end/describe-end-to-end.ts';
import { folders } from '../support/end-to-end/mail-system.ts';

describeEndToEnd('Local folders', folders, {
  'a standalone server': { mail: ['14.0'], commands: PROTOCOL_VERSIONS, resources: ['16.0'] },
  'a pool of two servers': { mail: ['16.1'], commands: ['14.1'], resources: ['16.1'] },
});
