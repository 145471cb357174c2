// Mail, calendars, contacts, tasks and notes all on a real Cyrus.
import { describeEndToEnd } from '../support/end-to-end/describe-end-to-end.ts';
import { cyrus } from '../support/end-to-end/mail-system.ts';

describeEndToEnd('Cyrus', cyrus, {
  'a standalone server': { mail: ['14.0'], commands: ['14.0'], resources: ['14.0'] },
  'a pool of two servers': { mail: ['16.1'], commands: ['16.1'], resources: ['16.1'] },
});
