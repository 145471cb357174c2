// The commands of ActiveSync: a file each, and the table that finds them.
export type { Answer, Command, CommandContext, CommandLimits, CommandRequest, CommandResult, Wait } from './command.ts';
export { dispatch } from './dispatch.ts';
export type { Policies, Policy, PolicySettings } from './policies.ts';
export { POLICY_SETTINGS, type PolicySetting } from './policy-document.ts';
export { refusal } from './refusal.ts';
