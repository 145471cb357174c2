import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allSettings, type Configuration, ConfigurationError, loadConfiguration } from '../../lib/topology/index.ts';

const KEY = 'one key for every server';
const TABLE = { kind: 'dynamodb', table: 'caravan' };

describe('a pool in the configuration', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'caravan-configuration-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function load(content: object, environment: Record<string, string> = {}): Configuration {
    const file = join(directory, 'caravan-server.json');
    writeFileSync(file, JSON.stringify({ mail: { kind: 'folders' }, ...content }));
    return loadConfiguration({ file, environment, directory });
  }

  function complaints(content: object, environment: Record<string, string> = {}): readonly string[] {
    try {
      load(content, environment);
    } catch (thrown) {
      if (thrown instanceof ConfigurationError) return thrown.message.replace(/^[^:]*: /, '').split('; ');
      throw thrown;
    }
    throw new Error('The configuration was taken');
  }

  const secretFile = (name: string, content: string): string => {
    const file = join(directory, name);
    writeFileSync(file, content);
    return file;
  };

  it('a server is alone, with a database of its own, where nothing is said', () => {
    const { store, pool, administration, metrics } = load({});
    expect(store).toEqual({ kind: 'sqlite' });
    expect(pool).toBeUndefined();
    expect(administration).toEqual({ host: '127.0.0.1' });
    expect(metrics).toEqual({ emf: false, namespace: 'Caravan', periodSeconds: 60 });
  });

  it('a pool needs a name, a key and a table', () => {
    expect(load({ store: TABLE, pool: { name: 'berlin', key: KEY } })).toMatchObject({
      store: TABLE,
      pool: {
        name: 'berlin',
        key: KEY,
        peer: { host: '0.0.0.0', port: 8444 },
        balance: 'servers',
        beatMs: 2_000,
        leaseMs: 10_000,
        drainSeconds: 100,
      },
    });
  });

  it('a pool is set by the environment alone', () => {
    const environment = {
      CARAVAN_STORE_KIND: 'dynamodb',
      CARAVAN_STORE_TABLE: 'caravan',
      CARAVAN_STORE_REGION: 'eu-central-1',
      CARAVAN_POOL_NAME: 'berlin',
      CARAVAN_POOL_KEY: KEY,
      CARAVAN_POOL_PEER_ADVERTISE: '10.0.3.17:8444',
    };
    expect(load({}, environment)).toMatchObject({
      store: { ...TABLE, region: 'eu-central-1' },
      pool: { name: 'berlin', key: KEY, peer: { advertise: '10.0.3.17:8444' } },
    });
  });

  it('the keys and the token may stand in files', () => {
    const pool = {
      name: 'berlin',
      keyFile: secretFile('key', `${KEY}\n`),
      previousKeyFile: secretFile('previous', 'the key that was before'),
    };
    const tokenFile = secretFile('token', '0123456789abcdef\n');
    const configuration = load({ store: TABLE, pool, administration: { port: 0, tokenFile } });
    expect(configuration.pool).toMatchObject({ key: KEY, previousKey: 'the key that was before' });
    expect(configuration.administration).toMatchObject({ port: 0, token: '0123456789abcdef' });
  });

  it("SQLite is one server's own: a pool on it is refused", () => {
    expect(complaints({ pool: { name: 'berlin', key: KEY } })).toEqual([
      "store.kind is not set (nowhere), expected 'dynamodb', since the servers of a pool share a store, and SQLite is one server's own",
    ]);
  });

  it('a table of SQLite, and a DynamoDB without one, are refused', () => {
    expect(complaints({ store: { table: 'caravan' } })).toEqual([
      expect.stringMatching(
        /^store\.table is "caravan" \(file .*\), expected store\.kind 'dynamodb' for it, not 'sqlite'$/,
      ),
    ]);
    expect(complaints({ store: { kind: 'dynamodb' } })).toEqual([
      "store.table is not set (nowhere), expected the name of the table that store.kind 'dynamodb' asks for",
    ]);
  });

  it('a pool without a key, or with a short one, is refused, and the key is not shown', () => {
    expect(complaints({ store: TABLE, pool: { name: 'berlin' } })).toEqual([
      'pool.key is not set (nowhere), expected the secret of the pool, or pool.keyFile (`openssl rand -base64 32` makes one)',
    ]);
    const [short] = complaints({ store: TABLE, pool: { name: 'berlin', key: 'hunter2' } });
    expect(short).toMatch(/^pool\.key \(file .*\), expected a secret of at least 16 characters/);
    expect(short).not.toContain('hunter2');
    const empty = secretFile('empty', '\n');
    expect(complaints({ store: TABLE, pool: { name: 'berlin', keyFile: empty } })).toEqual([
      expect.stringMatching(/^pool\.keyFile is .*expected a file that holds a secret: it is empty$/),
    ]);
    expect(complaints({ store: TABLE, pool: { name: 'berlin', key: KEY, keyFile: empty } })).toEqual([
      expect.stringMatching(/^pool\.keyFile is .*expected either it or pool\.key, not both$/),
    ]);
  });

  it('a lease shorter than four beats is refused', () => {
    const pool = { name: 'berlin', key: KEY, beatMs: 3_000 };
    expect(complaints({ store: TABLE, pool })).toEqual([
      'pool.leaseMs is not set (nowhere), expected at least 4 times pool.beatMs, which is 3000',
    ]);
    expect(load({ store: TABLE, pool: { ...pool, leaseMs: 12_000 } }).pool).toMatchObject({ leaseMs: 12_000 });
  });

  it('an address that no server can connect to is refused', () => {
    const pool = { name: 'berlin', key: KEY, peer: { advertise: 'http://10.0.0.1' } };
    expect(complaints({ store: TABLE, pool })).toEqual([expect.stringContaining('pool.peer.advertise is')]);
  });

  it('a short token for administrators is refused, and not shown', () => {
    const [short] = complaints({ administration: { port: 9000, token: 'letmein' } });
    expect(short).toMatch(/^administration\.token \(file .*\), expected a secret of at least 16 characters/);
    expect(short).not.toContain('letmein');
  });

  it('keys and tokens are secret and may be given by a file', () => {
    const settings = allSettings();
    for (const key of ['pool.key', 'pool.previousKey', 'administration.token']) {
      expect(settings.find((it) => it.key === key)?.isSecret, key).toBe(true);
      expect(
        settings.some((it) => it.key === `${key}File`),
        key,
      ).toBe(true);
    }
  });

  it('homes need a pool, the URL of its front door, and words that there are', () => {
    const homes = { table: 'caravan-homes', placement: ['nearest', 'far'], rules: ['*@berlin.example.org'] };
    expect(complaints({ homes })).toEqual([
      expect.stringContaining('pool.name is not set'),
      expect.stringContaining('publicUrl is not set'),
      expect.stringContaining('homes.placement'),
      expect.stringContaining('homes.rules'),
    ]);
    const pool = { name: 'berlin', key: KEY };
    const right = { store: TABLE, pool, publicUrl: 'https://sync.example.org', homes: { table: 'caravan-homes' } };
    expect(load(right).homes).toMatchObject({
      table: 'caravan-homes',
      placement: ['rules', 'mail-server', 'nearest', 'load'],
      away: 'redirect',
      redirectFrom: '14.0',
      cacheSeconds: 60,
    });
  });
});
