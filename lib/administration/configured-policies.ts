/** Policies as the configuration has them: one for all, with what differs for single users. */
import { createHash } from 'node:crypto';
import { type Policies, type Policy, POLICY_SETTINGS } from '../activesync/index.ts';
import type { DeviceRecord } from '../sync/index.ts';
import { type Configuration, policyForUser, type UserPolicy } from '../topology/index.ts';

const DIGEST_CHARACTERS = 16;

const ACCESS = {
  allow: 'allowed',
  quarantine: 'quarantined',
  block: 'blocked',
} as const satisfies Record<Configuration['devices']['access'], DeviceRecord['access']>;

export class ConfiguredPolicies implements Policies {
  readonly #configuration: Pick<Configuration, 'policy' | 'devices'>;
  readonly #common: Policy;
  /** By user name in lower case. */
  readonly #own: ReadonlyMap<string, Policy>;

  constructor(configuration: Pick<Configuration, 'policy' | 'devices'>) {
    this.#configuration = configuration;
    const { policy } = configuration;
    this.#common = withDigest(policyForUser({ ...policy, users: {} }, ''));
    this.#own = new Map(
      Object.keys(policy.users).map((user) => [user.toLowerCase(), withDigest(policyForUser(policy, user))]),
    );
  }

  policyFor(user: string): Policy {
    return this.#own.get(user.toLowerCase()) ?? this.#common;
  }

  initialAccess(_user: string, _deviceType: string): DeviceRecord['access'] {
    return ACCESS[this.#configuration.devices.access];
  }
}

/** The digest is of what a device is told: defaults are part of it, the order of settings is not. */
function withDigest({ requirement, settings }: UserPolicy): Policy {
  const told = POLICY_SETTINGS.map(({ name, defaultValue }) => [name, settings[name] ?? defaultValue]);
  const digest = createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, DIGEST_CHARACTERS);
  return { requirement, digest, settings };
}
