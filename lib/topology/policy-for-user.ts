import type { PolicyConfiguration } from './configuration.ts';

/** What one user's devices are asked to obey. */
export interface UserPolicy {
  readonly requirement: PolicyConfiguration['requirement'];
  /** By the tags of the Provision document (`DevicePasswordEnabled`); those left out have the protocol's defaults. */
  readonly settings: Readonly<Record<string, boolean | number | readonly string[]>>;
}

/** The policy of all, with what is the user's own laid over it. User names are compared without regard to case. */
export function policyForUser(policy: PolicyConfiguration, user: string): UserPolicy {
  const wanted = user.toLowerCase();
  const own = Object.entries(policy.users).find(([name]) => name.toLowerCase() === wanted)?.[1];
  const settings: Record<string, boolean | number | readonly string[]> = {};
  for (const [name, value] of [...Object.entries(policy.settings), ...Object.entries(own?.settings ?? {})]) {
    if (value !== undefined) settings[name.charAt(0).toUpperCase() + name.slice(1)] = value;
  }
  return { requirement: own?.requirement ?? policy.requirement, settings };
}
