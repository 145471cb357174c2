// What a person sees who calls the command line wrongly, or in a wrong place: what failed, why, what to do; in a line or two,
// or as one JSON document; exit code 1; and no process that stays behind.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORDS } from '../backends/folders/setup.ts';
import { FoldersServer } from '../support/folders-server.ts';
import { runCaravan } from './support/caravan.ts';

const LIMIT_MS = 25_000;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caravan-cli-'));
  // A file where a directory is wanted stands for one that may not be written: tests may run as root.
  await writeFile(join(directory, 'file'), 'x');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const caravan = (...args: readonly string[]) => runCaravan(directory, args, LIMIT_MS);

/** The call fails with this said to people and, with `--json`, with this code said to programs. */
async function fails(args: readonly string[], code: string, said: RegExp): Promise<void> {
  const [plain, json] = await Promise.all([caravan(...args), caravan(...args, '--json')]);
  expect(plain).toMatchObject({ code: 1, err: expect.stringMatching(said) });
  const lines = plain.err.trimEnd().split('\n');
  expect(lines.length).toBe(2);
  expect(lines[0]).toMatch(/^caravan: .+\.$/);
  expect(plain.err).not.toMatch(/\n\s+at /);
  expect(json.code).toBe(1);
  const document = JSON.parse(json.err) as { error: { code: string; message: string; remedy: string } };
  expect(document.error).toMatchObject({ code, message: expect.any(String), remedy: expect.stringMatching(/.+/) });
  for (const password of Object.values(PASSWORDS)) expect(plain.err + json.err).not.toContain(password);
}

const device = (...rest: readonly string[]) => [
  'device',
  'folders',
  '--user',
  'ada',
  '--password',
  PASSWORDS.ada,
  ...rest,
];
const folders = (...rest: readonly string[]) => [
  'serve',
  '--listen-host=127.0.0.1',
  '--listen-port=0',
  '--listen-tls=off',
  '--mail-kind=folders',
  `--mail-root=${join(directory, 'mail')}`,
  `--data=${join(directory, 'data')}`,
  '--log-level=error',
  ...rest,
];

describe('calls that nobody understands', { timeout: 60_000 }, () => {
  it.each([
    [['nonsense'], /Unknown command 'nonsense'/],
    [['devices'], /Did you mean device\?/],
    [['device', 'dance'], /Unknown command 'dance'/],
    [['serve', '--listen-prt', '1'], /Unknown option '--listen-prt'\.\nDid you mean --listen-port\?/],
    [['device', 'sync'], /Required option '--url <url>' not specified\.\n`caravan device sync --help`/],
    [['device', 'send', '--url', 'http://127.0.0.1:1', '--user', 'ada'], /'--to <addresses>' not specified/],
  ])('%j', (args, said) => fails(args, 'bad-command-line', said));

  it.each([
    [
      ['device', 'folders', '--url', 'http://127.0.0.1:1', '--user', 'ada'],
      'missing-password',
      /--password.*CARAVAN_PASSWORD/,
    ],
    [device('--url', 'nonsense'), 'bad-option', /--url nonsense is no URL\.\nGive https:/],
    [device('--url', 'ftp://example.org'), 'bad-option', /is no URL/],
    [device('--url', 'http://127.0.0.1:1', '--protocol', '2.5'), 'bad-option', /There are 16\.1,/],
    [
      ['device', 'sync', '--url', 'http://127.0.0.1:1', '--user', 'a', '--password', 'b', '--window', 'ten'],
      'bad-option',
      /from 1 to 512/,
    ],
    [
      ['serve', '--listen-port', 'ten'],
      'invalid-configuration',
      /listen\.port is "ten" \(flag --listen-port\), expected a whole number/,
    ],
    [['serve', '--config', 'nowhere.json'], 'invalid-configuration', /nowhere\.json/],
    [['serve', '--mail-kind', 'imap'], 'invalid-configuration', /mail\.host is not set/],
    [['up', '--log', 'loud'], 'invalid-configuration', /log\.level is "loud"/],
    [['up', '--port', '99999'], 'bad-option', /--port 99999/],
    [['up', '--servers', '0'], 'bad-option', /from 1 to 20/],
    [['up', '--imap', 'mail.example.org'], 'bad-option', /without --domain/],
    [['up', '--imap', 'imaps://x', '--domain', 'example.org'], 'bad-option', /no address of a server/],
    [['up', '--smtp', 'mail.example.org'], 'bad-option', /without --imap/],
    [['up', '--config', 'nowhere.json'], 'invalid-configuration', /nowhere\.json/],
  ])('%j', (args, code, said) => fails(args, code, said));

  it('help and version are no failures', async () => {
    expect(await caravan('--version')).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    expect(await caravan('device', 'sync', '--help')).toMatchObject({ code: 0, err: '' });
  });
});

describe('servers that cannot start', { timeout: 60_000 }, () => {
  it('because the data directory cannot be written', () =>
    fails(
      folders(`--data=${join(directory, 'file', 'data')}`),
      'store-unavailable',
      /caravan\.db failed: .*\n.*can be read and written/,
    ));
  it('because its own certificate cannot be kept there', () =>
    fails(
      folders('--listen-tls=self-signed', `--data=${join(directory, 'file', 'data')}`),
      'bad-certificate',
      /cannot be kept/,
    ));
  it('because the mail folders cannot be made', async () => {
    await fails(
      folders(`--mail-root=${join(directory, 'file', 'mail')}`),
      'unavailable',
      /mail folders cannot be opened/,
    );
    await fails(
      ['up', '--port', '0', '--smtp-port', '0', '--directory', join(directory, 'file', 'x')],
      'cannot-keep-state',
      /What the pool has cannot be kept in .*\n.*--directory/,
    );
  });
  it('because the database is none of ours', async () => {
    const data = await mkdtemp(join(directory, 'data-'));
    await writeFile(join(data, 'caravan.db'), 'This is a letter and no database. '.repeat(100));
    await fails(folders(`--data=${data}`), 'store-corrupt', /damaged or not a Caravan database.*\n.*backup/);
    expect(await readFile(join(data, 'caravan.db'), 'utf8')).toMatch(/^This is a letter/);
  });
  it('because the address is not this machine’s', () =>
    fails(folders('--listen-host=203.0.113.9'), 'cannot-listen', /Cannot listen on 203\.0\.113\.9:0/));

  describe('because others are there already', () => {
    let server: FoldersServer;
    let smtp: Server;
    beforeAll(async () => {
      server = await FoldersServer.start();
      smtp = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => smtp.once('listening', resolve));
    });
    afterAll(async () => {
      smtp.close();
      await server.stop();
    });
    const taken = () => String((smtp.address() as { port: number }).port);

    it('on its port', () =>
      fails(folders(`--listen-port=${server.port}`), 'cannot-listen', /EADDRINUSE.*\nChoose another port/));
    it('on its port for mail', () =>
      fails(
        folders(`--mail-smtp-in-port=${taken()}`),
        'unavailable',
        /SMTP listener cannot start.*EADDRINUSE.*\nChoose another port/,
      ));
    it('on its data: a second instance', () =>
      fails(
        folders(`--data=${join(server.directory, 'data')}`),
        'store-in-use',
        /process \d+ has it open\.\nStop the other server first/,
      ));
    it('and the one that was first is none the worse', async () => {
      await fails(folders(`--data=${join(server.directory, 'data')}`), 'store-in-use', /has it open/);
      const phone = server.device();
      await phone.folderSync();
      expect(Object.keys(phone.state.folders).length).toBeGreaterThan(5);
    });
  });

  it('because the certificate is none, or not the key’s', async () => {
    const [certFile, keyFile, config] = ['cert.pem', 'key.pem', 'tls.json'].map((it) => join(directory, it)) as [
      string,
      string,
      string,
    ];
    await writeFile(
      config,
      JSON.stringify({
        listen: { tls: { certFile, keyFile }, host: '127.0.0.1', port: 0 },
        mail: { kind: 'folders', root: join(directory, 'mail') },
        log: { level: 'error' },
      }),
    );
    await fails(['serve', '--config', config], 'bad-certificate', /ENOENT.*\nCheck listen\.tls\.certFile/);
    await writeFile(certFile, 'no certificate');
    await writeFile(keyFile, 'no key');
    await fails(['serve', '--config', config], 'bad-certificate', /certificate cannot be used/);
  });
});

describe('devices that cannot sync', { timeout: 60_000 }, () => {
  let server: FoldersServer;
  let secure: FoldersServer;
  beforeAll(async () => {
    server = await FoldersServer.start({ flags: { 'policy-requirement': 'none' } });
    secure = await FoldersServer.start({ flags: { 'listen-tls': 'self-signed' } });
  });
  afterAll(async () => {
    await server.stop();
    await secure.stop();
  });

  it('because nobody is there', () =>
    fails(
      device('--url', 'http://127.0.0.1:1'),
      'unreachable',
      /does not answer: connect ECONNREFUSED.*\nCheck the address/,
    ));
  it('because the password is wrong', () =>
    fails(
      ['device', 'sync', '--url', server.url, '--user', 'ada', '--password', 'guessed'],
      'unauthorized',
      /does not accept this user and password\.\nCheck both/,
    ));
  it('because the certificate is one of its own, unless that is allowed', async () => {
    const url = secure.url.replace('127.0.0.1', 'localhost');
    await fails(
      device('--url', url),
      'untrusted-certificate',
      /certificate is not trusted: self-signed certificate.*\n.*--insecure/,
    );
    expect(await caravan(...device('--url', url, '--insecure'))).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('Inbox'),
    });
  });
  it('because the server speaks TLS and it does not, or the other way round', async () => {
    await fails(device('--url', secure.url.replace('https:', 'http:')), 'unreachable', /does not answer/);
    await fails(device('--url', server.url.replace('http:', 'https:')), 'unreachable', /does not answer/);
  });
  it('because there is no ActiveSync at this address', () =>
    fails(
      device('--url', `${server.url}/elsewhere`),
      'not-activesync',
      /no ActiveSync at this address\.\nCheck the address/,
    ));
  it('because the folder is unknown', () =>
    fails(
      ['device', 'sync', '--url', server.url, '--user', 'ada', '--password', PASSWORDS.ada, '--folder', 'Nowhere'],
      'no-such-folder',
      /no folder 'Nowhere'\.\nThere are .*Inbox/,
    ));
  it('because what it has cannot be kept', () =>
    fails(
      device('--url', server.url, '--state', join(directory, 'file', 'state.json')),
      'cannot-keep-state',
      /cannot be kept in .*\n.*--state/,
    ));
  it('because what it has is damaged', async () => {
    const state = join(directory, 'state.json');
    await writeFile(state, '{"half":');
    await fails(device('--url', server.url, '--state', state), 'bad-state', /is not a device's state\.\nUse --forget/);
    expect(await caravan(...device('--url', server.url, '--state', state, '--forget'))).toMatchObject({ code: 0 });
  });
});
