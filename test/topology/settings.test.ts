import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { POLICY_SETTINGS } from '../../lib/activesync/index.ts';
import { allSettings, documentSettings, loadConfiguration, policiesConfiguration } from '../../lib/topology/index.ts';

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

describe('policiesConfiguration', () => {
  const from = (content: object) => {
    const directory = mkdtempSync(join(tmpdir(), 'caravan-configuration-'));
    const file = join(directory, 'caravan-server.json');
    writeFileSync(file, JSON.stringify({ mail: { kind: 'folders' }, ...content }));
    try {
      return policiesConfiguration(loadConfiguration({ file }));
    } finally {
      rmSync(directory, { recursive: true });
    }
  };

  it('nothing configured asks nothing of anybody', () => {
    expect(from({})).toEqual({
      requirement: 'none',
      settings: {},
      newDevices: 'allowed',
      overrides: [],
      deviceRules: [],
    });
  });

  it('says settings by the tags of the Provision document, and access by what becomes of a device', () => {
    const policies = from({
      policy: {
        requirement: 'optional',
        settings: { allowCamera: false, allowPOPIMAPEmail: true },
        overrides: [
          {
            users: ['ada@example.org', '*@sales.example.org'],
            requirement: 'required',
            settings: { minDevicePasswordLength: 6 },
          },
          { users: ['guest*'], access: 'quarantine' },
        ],
      },
      devices: { access: 'block', rules: [{ deviceTypes: ['TestPhone*'], users: ['ada*'], access: 'allow' }] },
    });
    expect(policies).toEqual({
      requirement: 'optional',
      settings: { AllowCamera: false, AllowPOPIMAPEmail: true },
      newDevices: 'blocked',
      overrides: [
        {
          users: ['ada@example.org', '*@sales.example.org'],
          requirement: 'required',
          settings: { MinDevicePasswordLength: 6 },
        },
        { users: ['guest*'], settings: {}, newDevices: 'quarantined' },
      ],
      deviceRules: [{ deviceTypes: ['TestPhone*'], users: ['ada*'], access: 'allowed' }],
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
