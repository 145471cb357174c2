// The commands of ActiveSync: a file each, and the table that finds them.
export type { Answer, Command, CommandContext, CommandLimits, CommandRequest, CommandResult, Wait } from './command.ts';
export type { Policies, Policy } from './policies.ts';
