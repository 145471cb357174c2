/** Policies as the configuration has them: one for all, with exceptions by user, and by type of device for access. */
import { createHash } from 'node:crypto';
import { type Policies, type Policy, POLICY_SETTINGS, type PolicySettings } from '../activesync/index.ts';
import type { DeviceRecord } from '../sync/index.ts';
import { type Configuration, policiesConfiguration } from '../topology/index.ts';

const DIGEST_CHARACTERS = 16;

interface Rule {
  readonly matches: (user: string) => boolean;
  readonly policy: Policy;
  readonly newDevices: DeviceRecord['access'];
}

interface DeviceRule {
  readonly matches: (user: string, deviceType: string) => boolean;
  readonly access: DeviceRecord['access'];
}

export class ConfiguredPolicies implements Policies {
  readonly maxDevicesPerUser: number;
  readonly #overrides: readonly Rule[];
  readonly #common: Rule;
  readonly #deviceRules: readonly DeviceRule[];

  constructor(configuration: Pick<Configuration, 'policy' | 'devices'>) {
    this.maxDevicesPerUser = configuration.devices.maxPerUser;
    const { requirement, settings, newDevices, overrides, deviceRules } = policiesConfiguration(configuration);
    this.#common = { matches: () => true, policy: policyOf(requirement, settings), newDevices };
    this.#overrides = overrides.map((it) => ({
      matches: matcher(it.users),
      policy: policyOf(it.requirement ?? requirement, { ...settings, ...it.settings }),
      newDevices: it.newDevices ?? newDevices,
    }));
    this.#deviceRules = deviceRules.map((it) => {
      const [isUser, isType] = [matcher(it.users ?? ['*']), matcher(it.deviceTypes)];
      return { matches: (user, deviceType) => isUser(user) && isType(deviceType), access: it.access };
    });
  }

  policyFor(user: string): Policy {
    return this.#ruleFor(user).policy;
  }

  initialAccess(user: string, deviceType: string): DeviceRecord['access'] {
    return this.#deviceRules.find((it) => it.matches(user, deviceType))?.access ?? this.#ruleFor(user).newDevices;
  }

  #ruleFor(user: string): Rule {
    return this.#overrides.find((it) => it.matches(user)) ?? this.#common;
  }
}

/** The digest is of what a device is told: defaults are part of it, the order of settings is not. */
function policyOf(requirement: Policy['requirement'], settings: PolicySettings): Policy {
  const told = POLICY_SETTINGS.map(({ name, defaultValue }) => [name, settings[name] ?? defaultValue]);
  const digest = createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, DIGEST_CHARACTERS);
  return { requirement, digest, settings };
}

/** `*` stands for any characters; everything else for itself, in whichever case. */
function matcher(patterns: readonly string[]): (text: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const literals = pattern.split('*').map((it) => it.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${literals.join('.*')}$`, 'is');
  });
  return (text) => expressions.some((it) => it.test(text));
}
