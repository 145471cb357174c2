// The embedded mail system: Maildirs on local disk.
export type { Trace } from './delivery.ts';
export { FoldersMailSystem, type FoldersOptions, openFolders } from './folders-mail-system.ts';
export { SEEDED_DIRECTORY } from './seed/directory.ts';
export { DEMO_USERS } from './seed/people.ts';
export { seedFolders, type SeedOptions } from './seed/seed-folders.ts';
export { type SmtpIn, type SmtpInOptions, startSmtpIn } from './smtp-in.ts';
export type { RelayOptions } from './submission.ts';
export { type NewUser, writeUsersFile } from './users-file.ts';
