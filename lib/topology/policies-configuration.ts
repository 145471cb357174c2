import type { Configuration } from './configuration.ts';

const ACCESS = { allow: 'allowed', quarantine: 'quarantined', block: 'blocked' } as const;

type Access = (typeof ACCESS)[keyof typeof ACCESS];
type Requirement = Configuration['policy']['requirement'];
type Settings = Readonly<Record<string, boolean | number | readonly string[]>>;

/** The sections `policy` and `devices` in the terms of those who carry them out (`administration`). */
export interface Policies {
  readonly requirement: Requirement;
  /** By the tags of the Provision document (`DevicePasswordEnabled`); those left out have the protocol's defaults. */
  readonly settings: Settings;
  readonly newDevices: Access;
  /** The first whose patterns fit a user counts; its settings are laid over the common ones. */
  readonly overrides: readonly {
    readonly users: readonly string[];
    readonly requirement?: Requirement;
    readonly settings: Settings;
    readonly newDevices?: Access;
  }[];
  /** The first that fits counts, before `newDevices`. */
  readonly deviceRules: readonly {
    readonly deviceTypes: readonly string[];
    readonly users?: readonly string[];
    readonly access: Access;
  }[];
}

export function policiesConfiguration({ policy, devices }: Pick<Configuration, 'policy' | 'devices'>): Policies {
  return {
    requirement: policy.requirement,
    settings: byTag(policy.settings),
    newDevices: ACCESS[devices.access],
    overrides: policy.overrides.map(({ users, requirement, settings, access }) => ({
      users,
      ...(requirement && { requirement }),
      settings: byTag(settings),
      ...(access && { newDevices: ACCESS[access] }),
    })),
    deviceRules: devices.rules.map(({ deviceTypes, users, access }) => ({
      deviceTypes,
      ...(users && { users }),
      access: ACCESS[access],
    })),
  };
}

function byTag(settings: Readonly<Record<string, boolean | number | readonly string[] | undefined>>): Settings {
  const tagged: Record<string, boolean | number | readonly string[]> = {};
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined) tagged[name.charAt(0).toUpperCase() + name.slice(1)] = value;
  }
  return tagged;
}
