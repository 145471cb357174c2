import { startImapBackend } from '../support/imap-backend.ts';
import { describeJourney } from './support/journey.ts';

describeJourney('Dovecot', () => startImapBackend());
