// Notes in a folder of the mail, for mail systems without VJOURNAL.
export { MailSystemWithNotes } from './mail-system-with-notes.ts';
