import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Configuration, ConfigurationError, loadConfiguration } from '../../lib/topology/index.ts';

const FOLDERS = { kind: 'folders' };
const IMAP = { kind: 'imap', host: 'imap.example.org', domain: 'example.org' };

describe('loadConfiguration', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'caravan-configuration-'));
    file = join(directory, 'caravan-server.json');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  interface Given {
    content?: unknown;
    environment?: Record<string, string>;
    flags?: Record<string, string | undefined>;
  }

  function load({ content, environment = {}, flags = {} }: Given): Configuration {
    if (content !== undefined) writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return loadConfiguration({ environment, flags, directory });
  }

  function imapOf(given: Given) {
    const { mail } = load(given);
    if (mail.kind !== 'imap') throw new Error(mail.kind);
    return mail;
  }

  /** What a person reads, one sentence a problem. */
  function complaints(given: Given): string[] {
    try {
      load(given);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(ConfigurationError);
      const { code, message, remedy, problems } = thrown as ConfigurationError;
      expect(code).toBe('invalid-configuration');
      expect(remedy).toContain('docs/configuration.md');
      expect(message).toMatch(/^The configuration is not valid: /);
      const sentences = message.slice('The configuration is not valid: '.length).split('; ');
      expect(problems).toHaveLength(sentences.length);
      return sentences;
    }
    throw new Error('The configuration was taken');
  }

  describe('defaults', () => {
    it('the kind of mail system is all that folders need', () => {
      expect(load({ content: { mail: FOLDERS } })).toMatchObject({
        listen: { host: '0.0.0.0', port: 8443, tls: 'self-signed', trustedProxies: [], keepAliveSeconds: 75 },
        data: join(directory, 'caravan-data'),
        mail: { kind: 'folders', root: join(directory, 'caravan-mail'), domain: 'caravan.example' },
        policy: { requirement: 'none', settings: {}, overrides: [] },
        devices: { access: 'allow', rules: [], maxPerUser: 10 },
        limits: {
          bodyLimitBytes: 52_428_800,
          minHeartbeatSeconds: 60,
          maxHeartbeatSeconds: 3540,
          maxWindowSize: 512,
          maxPingFolders: 300,
          maxSearchResults: 100,
          requestsPerMinute: 600,
          maxConcurrentRequests: 500,
          idleUserSeconds: 1800,
        },
        authentication: { rememberSeconds: 300, failuresPerUser: 10, failuresPerAddress: 50, windowSeconds: 300 },
        log: { level: 'info' },
        drainSeconds: 30,
      });
    });

    it('IMAP needs a host and a domain; the ports follow from the encryption, the submission host from the IMAP host', () => {
      expect(imapOf({ content: { mail: IMAP } })).toMatchObject({
        port: 993,
        tls: 'implicit',
        verifyCertificate: true,
        loginName: 'user',
        smtp: { host: 'imap.example.org', port: 587, tls: 'starttls', authentication: 'user' },
      });
      const other = { ...IMAP, tls: 'starttls', smtp: { host: 'smtp.example.org', tls: 'implicit' } };
      expect(imapOf({ content: { mail: other } })).toMatchObject({
        port: 143,
        smtp: { host: 'smtp.example.org', port: 465 },
      });
    });

    it('the result is frozen all through', () => {
      const configuration = load({ content: { mail: FOLDERS, policy: { overrides: [{ users: ['ada'] }] } } });
      const parts = [
        configuration,
        configuration.listen,
        configuration.listen.trustedProxies,
        configuration.policy.overrides[0],
      ];
      for (const part of parts) expect(Object.isFrozen(part)).toBe(true);
    });

    it('loading twice gives values of its own each', () => {
      const [first, second] = [load({ content: { mail: FOLDERS } }), load({})];
      expect(first).toEqual(second);
      expect(first.listen.trustedProxies).not.toBe(second.listen.trustedProxies);
    });
  });

  describe('precedence: flags, environment, file, defaults', () => {
    const content = { mail: FOLDERS, listen: { port: 1111 } };
    const environment = { CARAVAN_LISTEN_PORT: '2222' };

    it('the file wins over the default', () => expect(load({ content }).listen.port).toBe(1111));
    it('the environment wins over the file', () => expect(load({ content, environment }).listen.port).toBe(2222));
    it('a flag wins over the environment', () =>
      expect(load({ content, environment, flags: { 'listen-port': '3333' } }).listen.port).toBe(3333));
    it('a flag that is undefined says nothing', () =>
      expect(load({ content, environment, flags: { 'listen-port': undefined } }).listen.port).toBe(2222));
    it('each setting is decided for itself', () => {
      const { listen } = load({
        content,
        environment: { CARAVAN_LISTEN_HOST: '::1' },
        flags: { listenKeepAliveSeconds: '5' },
      });
      expect(listen).toMatchObject({ port: 1111, host: '::1', keepAliveSeconds: 5 });
    });
    it('no file is needed', () => {
      const flags = { 'mail-kind': 'imap', 'mail-host': 'h', 'mail-domain': 'd.example', 'mail-smtp-port': '25' };
      expect(imapOf({ flags })).toMatchObject({ host: 'h', smtp: { host: 'h', port: 25 } });
    });
    it('another kind of mail system in a flag puts the settings of the first aside', () => {
      const given = {
        content: { mail: { ...IMAP, smtp: { host: 's' } } },
        flags: { 'mail-kind': 'folders', 'mail-root': 'm' },
      };
      expect(load(given).mail).toEqual({ kind: 'folders', root: join(directory, 'm'), domain: 'example.org' });
    });
    it('a word and a section in its place replace each other', () => {
      const tls = { certFile: 'c', keyFile: 'k' };
      expect(load({ content: { mail: FOLDERS, listen: { tls } }, flags: { listenTls: 'off' } }).listen.tls).toBe('off');
      const flags = { 'listen-tls-cert-file': '/c', 'listen-tls-key-file': '/k' };
      expect(load({ content: { mail: FOLDERS, listen: { tls: 'off' } }, flags }).listen.tls).toEqual({
        certFile: '/c',
        keyFile: '/k',
      });
    });
  });

  describe('sources', () => {
    it('CARAVAN_CONFIG names the file, and the argument wins over it', () => {
      const [one, two] = [join(directory, 'one.json'), join(directory, 'two.json')];
      writeFileSync(one, JSON.stringify({ mail: FOLDERS, listen: { port: 1 } }));
      writeFileSync(two, JSON.stringify({ mail: FOLDERS, listen: { port: 2 } }));
      const environment = { CARAVAN_CONFIG: 'one.json' };
      expect(loadConfiguration({ environment, directory }).listen.port).toBe(1);
      expect(loadConfiguration({ environment, directory, file: two }).listen.port).toBe(2);
    });

    it('relative paths begin at the file, or at the working directory', () => {
      writeFileSync(
        file,
        JSON.stringify({ mail: FOLDERS, data: 'd', listen: { tls: { certFile: 'tls/c', keyFile: '/k' } } }),
      );
      const elsewhere = join(directory, 'elsewhere');
      const { data, listen, mail } = loadConfiguration({
        file,
        directory: elsewhere,
        environment: { CARAVAN_MAIL_ROOT: 'm' },
      });
      expect(data).toBe(join(directory, 'd'));
      expect(listen.tls).toEqual({ certFile: join(directory, 'tls/c'), keyFile: '/k' });
      expect(mail).toMatchObject({ root: join(elsewhere, 'm') });
    });

    it('text becomes numbers, yes or no, and lists', () => {
      const environment = {
        CARAVAN_MAIL_KIND: 'folders',
        CARAVAN_LISTEN_TRUSTED_PROXIES: '10.0.0.1, 10.0.0.2',
        CARAVAN_POLICY_SETTINGS_ALLOW_POPIMAP_EMAIL: 'false',
        CARAVAN_POLICY_SETTINGS_MAX_EMAIL_BODY_TRUNCATION_SIZE: '-1',
      };
      const { listen, policy } = load({ environment });
      expect(listen.trustedProxies).toEqual(['10.0.0.1', '10.0.0.2']);
      expect(policy.settings).toEqual({ allowPOPIMAPEmail: false, maxEmailBodyTruncationSize: -1 });
    });

    it("variables of other programs, and Caravan's own that are no settings, say nothing", () => {
      const environment = { PATH: '/bin', CARAVAN_SHARED: '/x', CARAVAN_PASSWORD: 'p', CARAVAN_TEST_SIZE: 'full' };
      expect(load({ content: { mail: FOLDERS }, environment }).listen.port).toBe(8443);
    });

    it('a flag may be written in any of its ways', () => {
      for (const name of [
        'limits-max-window-size',
        '--limits-max-window-size',
        'limits.maxWindowSize',
        'limitsMaxWindowSize',
      ]) {
        expect(load({ content: { mail: FOLDERS }, flags: { [name]: '7' } }).limits.maxWindowSize).toBe(7);
      }
    });

    it('a byte order mark before the JSON is no harm', () => {
      expect(load({ content: `\uFEFF${JSON.stringify({ mail: FOLDERS })}` }).mail.kind).toBe('folders');
    });
  });

  describe('secrets', () => {
    const master = { userName: 'root', passwordFile: 'secret' };

    it('come from a file, without its last line end', () => {
      writeFileSync(join(directory, 'secret'), ' s3 cret\n');
      expect(imapOf({ content: { mail: { ...IMAP, master } } }).master?.password).toBe(' s3 cret');
    });

    it('come from the environment', () => {
      const environment = { CARAVAN_MAIL_MASTER_PASSWORD: 'p' };
      expect(
        imapOf({ content: { mail: { ...IMAP, master: { userName: 'root' } } }, environment }).master?.password,
      ).toBe('p');
    });

    it('are not taken from flags', () => {
      expect(
        complaints({
          content: { mail: { ...IMAP, master: { userName: 'r', password: 'x' } } },
          flags: { 'mail-master-password': 'hunter2' },
        }),
      ).toEqual([
        'mail.master.password (flag --mail-master-password), expected no secret on the command line, where others see it: ' +
          'use CARAVAN_MAIL_MASTER_PASSWORD or --mail-master-password-file',
      ]);
    });

    it('are never shown', () => {
      const given = { content: { mail: { ...IMAP, master: { userName: 'root', password: 12345678 } } } };
      expect(complaints(given)).toEqual([`mail.master.password (file ${file}), expected text that is not empty`]);
      const wrongSection = { content: { mail: [{ password: 'hunter2' }] } };
      expect(complaints(wrongSection).join()).not.toContain('hunter2');
    });

    it('a file that is not there, an empty one, and a secret given twice are told', () => {
      const mail = { ...IMAP, master };
      expect(complaints({ content: { mail } })).toEqual([
        `mail.master.passwordFile is "${join(directory, 'secret')}" (file ${file}), expected a file that holds a password: ` +
          `ENOENT: no such file or directory, open '${join(directory, 'secret')}'`,
      ]);
      writeFileSync(join(directory, 'secret'), '\n');
      expect(complaints({ content: { mail } })[0]).toMatch(/expected a file that holds a password: it is empty$/);
      expect(complaints({ content: { mail: { ...mail, master: { ...master, password: 'p' } } } })[0]).toMatch(
        /^mail.master.passwordFile is .*expected either it or mail.master.password, not both$/,
      );
    });
  });

  describe('errors name the setting, where it came from, its value and what was expected', () => {
    const from = (content: object) => ({ content: { mail: FOLDERS, ...content } });
    const inFile = () => `(file ${file})`;

    it('a value of the wrong type in the file', () => {
      expect(complaints(from({ listen: { port: '8443' } }))).toEqual([
        `listen.port is "8443" ${inFile()}, expected a whole number from 0 to 65535`,
      ]);
    });

    it('a value out of bounds in the environment', () => {
      expect(complaints({ ...from({}), environment: { CARAVAN_LIMITS_MIN_HEARTBEAT_SECONDS: '59' } })).toEqual([
        'limits.minHeartbeatSeconds is 59 (environment variable CARAVAN_LIMITS_MIN_HEARTBEAT_SECONDS), ' +
          'expected a whole number of seconds from 60 to 3540',
      ]);
    });

    it('text for a number in a flag', () => {
      expect(complaints({ ...from({}), flags: { listenPort: 'https' } })).toEqual([
        'listen.port is "https" (flag --listen-port), expected a whole number from 0 to 65535',
      ]);
    });

    it.each([
      [{ listen: { port: 1.5 } }, 'listen.port is 1.5', 'a whole number from 0 to 65535'],
      [{ listen: { port: null } }, 'listen.port is null', 'a whole number from 0 to 65535'],
      [{ listen: { host: '' } }, 'listen.host is ""', 'text'],
      [{ listen: { tls: 'on' } }, 'listen.tls is "on"', "one of 'self-signed', 'off'"],
      [
        { listen: { trustedProxies: '10.0.0.1' } },
        'listen.trustedProxies is "10.0.0.1"',
        'a list of IP addresses and networks',
      ],
      [{ listen: { trustedProxies: [7] } }, 'listen.trustedProxies.0 is 7', 'a list of IP addresses and networks'],
      [{ listen: 443 }, 'listen is 443', 'a section with host, port, tls, trustedProxies, keepAliveSeconds'],
      [
        { publicUrl: 'sync.example.org' },
        'publicUrl is "sync.example.org"',
        "a URL such as 'https://sync.example.org', without a path",
      ],
      [{ data: 7 }, 'data is 7', 'the path of a directory'],
      [{ mail: { ...FOLDERS, domain: 'a b' } }, 'mail.domain is "a b"', "a domain name such as 'example.org'"],
      [{ mail: { kind: 'pop3' } }, 'mail.kind is "pop3"', "one of 'imap', 'folders'"],
      [{ mail: 'imap' }, 'mail is "imap"', "a section with kind ('imap' or 'folders') and what belongs to it"],
      [{ policy: { requirement: true } }, 'policy.requirement is true', "one of 'none', 'optional', 'required'"],
      [{ policy: { settings: { allowCamera: 'no' } } }, 'policy.settings.allowCamera is "no"', 'true or false'],
      [
        { policy: { settings: { minDevicePasswordLength: 17 } } },
        'policy.settings.minDevicePasswordLength is 17',
        'a whole number of characters from 1 to 16',
      ],
      [
        { policy: { overrides: [{ users: ['ada'], settings: { allowCamera: 1 } }] } },
        'policy.overrides.0.settings.allowCamera is 1',
        'true or false',
      ],
      [
        { policy: { overrides: [{ users: ['ada'], requirement: 'no' }] } },
        'policy.overrides.0.requirement is "no"',
        "one of 'none', 'optional', 'required'",
      ],
      [
        { policy: { settings: { maxCalendarAgeFilter: 1 } } },
        'policy.settings.maxCalendarAgeFilter is 1',
        'one of 0, 4, 5, 6, 7',
      ],
      [
        { policy: { overrides: { ada: {} } } },
        'policy.overrides is {"ada":{}}',
        'a list of sections with users, requirement, settings, access',
      ],
      [
        { devices: { rules: [{ deviceTypes: ['TestPhone*'], access: 'allowed' }] } },
        'devices.rules.0.access is "allowed"',
        "one of 'allow', 'quarantine', 'block'",
      ],
      [{ log: { level: 'loud' } }, 'log.level is "loud"', "one of 'debug', 'info', 'warn', 'error', 'silent'"],
      [{ drainSeconds: -1 }, 'drainSeconds is -1', 'a whole number of seconds from 0 to 600'],
    ])('%j', (content, subject, expected) => {
      expect(complaints(from(content))).toEqual([`${subject} ${inFile()}, expected ${expected}`]);
    });

    it('what must be given and is not', () => {
      expect(complaints({ content: {} })[0]).toMatch(/^mail is not set \(nowhere\), expected a section with kind/);
      expect(complaints({ content: { mail: {} } })).toEqual([
        "mail.kind is not set (nowhere), expected one of 'imap', 'folders', in the file, as CARAVAN_MAIL_KIND or as --mail-kind",
      ]);
      expect(complaints({ content: { mail: { kind: 'imap', host: 'h' } } })).toEqual([
        "mail.domain is not set (nowhere), expected a domain name such as 'example.org', in the file, as CARAVAN_MAIL_DOMAIN or as --mail-domain",
      ]);
      expect(complaints(from({ listen: { tls: { certFile: 'c' } } }))).toEqual([
        'listen.tls.keyFile is not set (nowhere), expected the path of a file, in the file, as CARAVAN_LISTEN_TLS_KEY_FILE or as --listen-tls-key-file',
      ]);
      expect(complaints(from({ mail: { ...FOLDERS, relay: { userName: 'u', host: 'h' } } }))).toEqual([
        'mail.relay.password is not set (nowhere), expected a password for mail.relay.userName, or mail.relay.passwordFile',
      ]);
      expect(
        complaints({ content: { mail: { ...IMAP, smtp: { authentication: 'account', password: 'p' } } } })[0],
      ).toBe(
        "mail.smtp.userName is not set (nowhere), expected the account that mail.smtp.authentication 'account' asks for",
      );
    });

    it('settings that do not fit each other', () => {
      const given = { ...from({ limits: { minHeartbeatSeconds: 900 } }), flags: { limitsMaxHeartbeatSeconds: '600' } };
      expect(complaints(given)).toEqual([
        `limits.minHeartbeatSeconds is 900 ${inFile()}, expected limits.minHeartbeatSeconds (900) not above limits.maxHeartbeatSeconds (600)`,
      ]);
    });

    it('unknown names, with what was probably meant', () => {
      const unknown = (content: object) => complaints(from(content));
      expect(unknown({ lissten: {} })).toEqual([
        `lissten ${inFile()}, expected a setting that exists - did you mean 'listen'?`,
      ]);
      expect(unknown({ listen: { prot: 1 } })).toEqual([
        `listen.prot ${inFile()}, expected a setting that exists - did you mean 'port'?`,
      ]);
      expect(unknown({ port: 1 })).toEqual([
        `port ${inFile()}, expected a setting that exists - did you mean 'listen.port'?`,
      ]);
      expect(unknown({ xyzzy: 1 })).toEqual([`xyzzy ${inFile()}, expected a setting that exists`]);
      expect(unknown({ policy: { overrides: [{ users: ['ada'], settings: { allowCamra: true } }] } })).toEqual([
        `policy.overrides.0.settings.allowCamra ${inFile()}, expected a setting that exists - did you mean 'allowCamera'?`,
      ]);
      expect(unknown({ policy: { overrides: [{ user: ['ada'] }] } })).toEqual([
        'policy.overrides.0.users is not set (nowhere), expected a list of sections with users, requirement, settings, access',
        `policy.overrides.0.user ${inFile()}, expected a setting that exists - did you mean 'users'?`,
      ]);
      expect(complaints({ ...from({}), environment: { CARAVAN_LISTEN_PROT: '1' } })).toEqual([
        "CARAVAN_LISTEN_PROT (environment), expected a setting that exists - did you mean 'CARAVAN_LISTEN_PORT'?",
      ]);
      expect(complaints({ ...from({}), flags: { 'listen-prot': '1' } })).toEqual([
        "--listen-prot (flag), expected a setting that exists - did you mean '--listen-port'?",
      ]);
    });

    it('settings of the other kind of mail system', () => {
      expect(complaints({ content: { mail: { ...IMAP, root: '/m' } } })).toEqual([
        `mail.root ${inFile()}, expected mail.kind 'folders' for it, not 'imap'`,
      ]);
      expect(complaints({ content: { mail: { ...FOLDERS, smtp: {} } } })).toEqual([
        `mail.smtp ${inFile()}, expected mail.kind 'imap' for it, not 'folders'`,
      ]);
    });

    it('a list of sections anywhere but in the file', () => {
      expect(complaints({ ...from({}), flags: { 'policy-overrides': 'ada' } })).toEqual([
        'policy.overrides (flag --policy-overrides), expected to stand in the configuration file',
      ]);
    });

    it('every problem at once', () => {
      const given = {
        ...from({ listen: { port: 'x', prot: 1 } }),
        environment: { CARAVAN_NOPE: '1' },
        flags: { drainSeconds: 'y' },
      };
      expect(complaints(given)).toHaveLength(4);
    });

    it('a long value is cut', () => {
      expect(complaints(from({ log: { level: 'x'.repeat(5000) } }))[0]?.length).toBeLessThan(300);
    });

    it('a file that is not there, that is no JSON, that is no object', () => {
      expect(() => loadConfiguration({ file: 'nope.json', directory })).toThrow(
        /nope.json \(ENOENT: .*\), expected a file that can be read$/,
      );
      const broken = complaints({ content: '{\n  "mail": }' })[0];
      expect(broken).toBe(`The whole content ${inFile()}, expected JSON, which ends at line 2, column 11`);
      for (const [text, place] of [
        ['{"a": 1,}', 'line 1, column 9'],
        ['{"a": 1', 'line 1, column 8'],
        ['{"a": "x}\n', 'line 1, column 10'],
        ['{\n"password": "hunter2" "b"}', 'line 2, column 23'],
        ['', 'line 1, column 1'],
        ['// a comment\n{}', 'line 1, column 1'],
      ] as const) {
        const complaint = complaints({ content: text })[0];
        expect(complaint).toBe(`The whole content ${inFile()}, expected JSON, which ends at ${place}`);
      }
      expect(complaints({ content: '[]' })[0]).toBe(`The whole content ${inFile()}, expected a JSON object`);
    });
  });
});
