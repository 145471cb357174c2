// A mail system behind IMAP and SMTP.
export type { ImapConfiguration, ImapTimeouts, TlsMode } from './configuration.ts';
export { SubmissionError } from './errors.ts';
export { ImapMailSystem } from './imap-mail-system.ts';
export { mayBeAccepted, type SmtpServer, submitBySmtp } from './smtp.ts';
export { submissionServerOf } from './submission.ts';
