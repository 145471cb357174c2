import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { POLICY_SETTINGS } from '../../lib/activesync/index.ts';
import { allSettings, documentSettings, loadConfiguration, policyForUser } from '../../lib/topology/index.ts';

describe('the settings', () => {
  it('have a description and an expectation each', () => {
    expect(allSettings().length).toBeGreaterThan(90);
    for (const { key, about, expected } of allSettings()) {
      expect(about, key).toMatch(/[.)]$/);
      expect(expected, key).toMatch(/\w/);
    }
  });

  it('have names of their own in the environment and as flags', () => {
    const settings = allSettings();
    expect(new Set(settings.map(({ variable }) => variable)).size).toBe(settings.length);
    // Flags are compared without their dashes.
    expect(new Set(settings.map(({ flag }) => flag.replaceAll('-', ''))).size).toBe(settings.length);
  });

  it('passwords are secret and may be given by a file', () => {
    const settings = allSettings();
    const passwords = settings.filter(({ key }) => key.endsWith('.password'));
    expect(passwords.length).toBeGreaterThan(2);
    for (const { key, isSecret } of passwords) {
      expect(isSecret, key).toBe(true);
      expect(
        settings.some((it) => it.key === `${key}File`),
        key,
      ).toBe(true);
    }
  });

  it('docs/configuration.md tells them as they are: else run npm run docs', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
    expect(page).toBe(documentSettings());
    for (const { key } of allSettings()) expect(page).toContain(`| \`${key}\` |`);
  });

  it('the example of docs/configuration.md is taken', () => {
    const example = /```json\n(.*?)```/s.exec(documentSettings())?.[1] ?? '';
    const flags = Object.fromEntries(flatten(JSON.parse(example)));
    const configuration = loadConfiguration({ flags, directory: '/etc/caravan' });
    expect(configuration).toMatchObject({
      listen: { port: 443, tls: { certFile: '/etc/caravan/tls/fullchain.pem' } },
      mail: { kind: 'imap', port: 993, smtp: { host: 'smtp.example.org', port: 587 } },
      policy: { requirement: 'required' },
    });
  });

  function* flatten(value: object, path: readonly string[] = []): Iterable<[string, string]> {
    for (const [name, inner] of Object.entries(value)) {
      if (typeof inner === 'object') yield* flatten(inner as object, [...path, name]);
      else yield [[...path, name].join('.'), String(inner)];
    }
  }
});

describe('policyForUser', () => {
  const { policy } = loadConfiguration({
    flags: { mailKind: 'folders', 'policy-requirement': 'optional', 'policy-settings-allow-camera': 'false' },
    directory: '/',
  });
  const users = {
    Ada: { requirement: 'required', settings: { devicePasswordEnabled: true, allowCamera: true } },
    grace: { settings: { allowPOPIMAPEmail: false } },
  } as const;

  it('is the policy of all, by the tags of the Provision document', () => {
    expect(policyForUser(policy, 'ada')).toEqual({ requirement: 'optional', settings: { AllowCamera: false } });
  });

  it("has the user's own settings laid over it", () => {
    expect(policyForUser({ ...policy, users }, 'ada')).toEqual({
      requirement: 'required',
      settings: { AllowCamera: true, DevicePasswordEnabled: true },
    });
    expect(policyForUser({ ...policy, users }, 'grace')).toEqual({
      requirement: 'optional',
      settings: { AllowCamera: false, AllowPOPIMAPEmail: false },
    });
  });
});

it('the policy has every setting of the Provision document, with its default', () => {
  const prefix = 'policy.settings.';
  const ours = allSettings().filter(({ key }) => key.startsWith(prefix));
  const tagOf = (key: string) => key.charAt(prefix.length).toUpperCase() + key.slice(prefix.length + 1);
  expect(ours.map(({ key, otherwise }) => [tagOf(key), otherwise])).toEqual(
    POLICY_SETTINGS.map(({ name, defaultValue }) => [
      name,
      defaultValue === '' ? 'no bound' : `\`${JSON.stringify(defaultValue)}\``,
    ]),
  );
});
