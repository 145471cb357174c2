// Policies as an administrator writes them into the configuration, and as the commands read them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { POLICY_SETTINGS } from '../../lib/activesync/index.ts';
import { ConfiguredPolicies } from '../../lib/administration/index.ts';
import { allSettings, loadConfiguration } from '../../lib/topology/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'caravan-policies-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function configured(policy: object, devices: object = {}): ConfiguredPolicies {
  const file = join(directory, 'caravan-server.json');
  writeFileSync(file, JSON.stringify({ mail: { kind: 'folders' }, policy, devices }));
  return new ConfiguredPolicies(loadConfiguration({ file, directory }));
}

describe('The configuration and the Provision document', () => {
  it('have the same settings', () => {
    const configurable = allSettings()
      .map((it) => /^policy\.settings\.(\w+)$/.exec(it.key)?.[1])
      .filter((it) => it !== undefined)
      .map((it) => it.charAt(0).toUpperCase() + it.slice(1));
    expect(new Set(configurable)).toEqual(new Set(POLICY_SETTINGS.map((it) => it.name)));
  });
});

describe('A policy', () => {
  it('is not required where nobody says so', () => {
    expect(configured({}).policyFor('ada')).toMatchObject({ requirement: 'none', settings: {} });
  });

  it('is the same for all', () => {
    const policies = configured({
      requirement: 'required',
      settings: { devicePasswordEnabled: true, minDevicePasswordLength: 6 },
    });
    for (const user of ['ada', 'bob']) {
      expect(policies.policyFor(user)).toMatchObject({
        requirement: 'required',
        settings: { DevicePasswordEnabled: true, MinDevicePasswordLength: 6 },
      });
    }
  });

  it('differs for those whom an override names: the first that does counts, and its settings are laid over the others', () => {
    const policies = configured({
      requirement: 'required',
      settings: { devicePasswordEnabled: true, allowCamera: true },
      overrides: [
        { users: ['Ada@example.org'], requirement: 'none' },
        { users: ['*@lab.example.org', 'bob'], settings: { allowCamera: false } },
        { users: ['*'], requirement: 'optional' },
      ],
    });
    expect(policies.policyFor('ada@EXAMPLE.org').requirement).toBe('none');
    expect(policies.policyFor('cy@lab.example.org')).toMatchObject({
      requirement: 'required',
      settings: { DevicePasswordEnabled: true, AllowCamera: false },
    });
    expect(policies.policyFor('bob')).toEqual(policies.policyFor('cy@lab.example.org'));
    expect(policies.policyFor('bobby').requirement).toBe('optional');
    // A dot is a dot.
    expect(policies.policyFor('cy@labXexample.org').requirement).toBe('optional');
  });
});

describe('The digest of a policy', () => {
  const digest = (policy: object): string => configured(policy).policyFor('ada').digest;

  it('changes with the settings', () => {
    expect(digest({ settings: { allowCamera: false } })).not.toBe(digest({ settings: { allowBrowser: false } }));
    expect(digest({ settings: { minDevicePasswordLength: 6 } })).not.toBe(
      digest({ settings: { minDevicePasswordLength: 8 } }),
    );
  });

  it('does not change with what a device is not told: their order, defaults that are written out, who must obey', () => {
    const one = digest({ settings: { allowCamera: false, allowBrowser: false } });
    expect(digest({ settings: { allowBrowser: false, allowCamera: false } })).toBe(one);
    expect(digest({ settings: { allowBrowser: false, allowCamera: false, allowWiFi: true } })).toBe(one);
    expect(digest({ requirement: 'required', settings: { allowBrowser: false, allowCamera: false } })).toBe(one);
  });
});

describe('A device never seen before', () => {
  it('is one more than there may be, from devices.maxPerUser on', () => {
    expect(configured({}, { maxPerUser: 3 }).maxDevicesPerUser).toBe(3);
  });

  it('is allowed where nobody says otherwise', () => {
    expect(configured({}).initialAccess('ada', 'iPhone')).toBe('allowed');
  });

  it.each([
    ['allow', 'allowed'],
    ['quarantine', 'quarantined'],
    ['block', 'blocked'],
  ])('devices.access %s: it is %s', (access, outcome) => {
    expect(configured({}, { access }).initialAccess('ada', 'iPhone')).toBe(outcome);
  });

  it('follows the first rule for its type, before the override for its user, before the rest', () => {
    const policies = configured(
      { overrides: [{ users: ['ada'], access: 'allow' }] },
      {
        access: 'quarantine',
        rules: [
          { deviceTypes: ['TestActiveSync*'], access: 'block' },
          { deviceTypes: ['iPhone', 'iPad'], users: ['bob'], access: 'allow' },
        ],
      },
    );
    expect(policies.initialAccess('ada', 'TestActiveSyncConnectivity')).toBe('blocked');
    expect(policies.initialAccess('ada', 'iPhone')).toBe('allowed');
    expect(policies.initialAccess('bob', 'IPAD')).toBe('allowed');
    expect(policies.initialAccess('bob', 'Android')).toBe('quarantined');
    expect(policies.initialAccess('cy', 'iPhone')).toBe('quarantined');
  });
});
