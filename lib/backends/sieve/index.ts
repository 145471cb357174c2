// Out-of-office replies on a Sieve server.
export type { ManageSieveOptions } from './manage-sieve.ts';
export { readAutoReply, writeAutoReply } from './sieve-auto-reply.ts';
