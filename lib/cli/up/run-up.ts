/** Brings the pool of `caravan up` up, tells of it, and ends it. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SEEDED_DIRECTORY } from '../../backends/index.ts';
import { createLog, reasonOf, systemClock, systemRandom } from '../../platform/index.ts';
import { keepSecrets, LocalPool, serverSettings } from '../../pool/local/index.ts';
import { loadCertificate } from '../../server/index.ts';
import { loadConfiguration } from '../../topology/index.ts';
import { CliError } from '../errors.ts';
import { stopAtSignal } from '../run-server.ts';
import { openTerminal } from '../terminal.ts';
import { wholeNumber } from '../whole-number.ts';
import { openLocalMail } from './local-mail.ts';
import { realMailSettings } from './real-mail.ts';
import type { UpOptions } from './up.ts';
import { reachableUrl, told, welcome } from './welcome.ts';

const MOST_SERVERS = 20;
const PROGRAM = fileURLToPath(new URL('../../../bin/caravan.ts', import.meta.url));
/** As in the image of the server (functions/server/Dockerfile), and in bin/caravan.ts. */
const YOUNG_GENERATION = '--max-semi-space-size=8';
const ANY_PLACE = { name: 'server', port: 0, peerPort: 0, administrationPort: 0 };
const LOCAL_HOSTS = ['localhost', '127.0.0.1'];

export async function up(options: UpOptions): Promise<void> {
  const terminal = openTerminal(options.json === true, process.stdout, process.stderr);
  const directory = resolve(options.directory);
  const servers = wholeNumber('--servers', options.servers, 1, MOST_SERVERS);
  const port = wholeNumber('--port', options.port, 0, 65_535);
  const restartMs = wholeNumber('--restart-seconds', options.restartSeconds, 1, 3_600) * 1000;
  const mailRoot = join(directory, 'mail');
  const file = options.config === undefined ? undefined : resolve(options.config);
  const real = realMailSettings(options, file !== undefined && namesMail(file));
  const settings = {
    'log-level': options.log,
    ...(real ?? {
      'mail-kind': 'folders',
      'mail-root': mailRoot,
      'mail-domain': 'example.org',
      'directory-kind': 'file',
      'directory-file': join(mailRoot, SEEDED_DIRECTORY),
    }),
  };
  // What the environment says of a mail system is not said of the embedded one.
  const environment = real ? process.env : withoutSettings(process.env);
  makeDirectory(directory);
  keepSecrets(directory, systemRandom);
  // What is wrong with it is told once, and not by every server.
  const flags = { ...settings, ...serverSettings(directory, ANY_PLACE, 'http://127.0.0.1:1') };
  loadConfiguration({ file, environment, flags, directory });
  const log = createLog({ level: options.log, destination: process.stderr });

  const mail = real
    ? undefined
    : await openLocalMail({
        root: mailRoot,
        smtpPort: wholeNumber('--smtp-port', options.smtpPort, 0, 65_535),
        log,
        onSeed: () => terminal.progress('Putting some mail into the mailboxes …'),
      });
  let pool: LocalPool;
  try {
    terminal.progress(`Starting ${servers} servers …`);
    const certificate = await loadCertificate(
      options.tls === true
        ? { kind: 'self-signed', directory, hostNames: [...new Set([...LOCAL_HOSTS, options.host])] }
        : { kind: 'off' },
      systemClock,
    );
    pool = await LocalPool.start({
      directory,
      servers,
      sprayer: { host: options.host, port, ...(certificate && { certificate }) },
      command: [
        process.execPath,
        YOUNG_GENERATION,
        PROGRAM,
        'serve',
        ...(file === undefined ? [] : ['--config', file]),
      ],
      settings,
      environment,
      restartMs,
      clock: systemClock,
      random: systemRandom,
      log,
      onEvent: (event) => terminal.result(event, told(event)),
    });
  } catch (thrown) {
    await mail?.close();
    throw thrown;
  }
  const url = reachableUrl(pool.url, options.host);
  terminal.result(
    {
      url,
      servers: pool.servers(),
      administration: { url: pool.servers()[0]?.administration, tokenFile: pool.tokenFile },
      store: pool.storeEndpoint,
      directory,
      ...(mail && { smtpPort: mail.smtpPort, users: mail.users }),
    },
    welcome({ pool, url, directory, mail, isOnlyHere: options.host === '127.0.0.1', given: options.directory }),
  );
  await stopAtSignal(async () => {
    terminal.say('\nStopping: devices are answered, servers end …');
    await pool.stop();
    await mail?.close();
    terminal.say('Everything is kept.');
  });
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CliError(
      'cannot-keep-state',
      `What the pool has cannot be kept in ${directory}: ${reasonOf(cause)}`,
      'Choose a directory that you may write to with --directory.',
      cause,
    );
  }
}

/** What is wrong with the file is told when it is loaded. */
function namesMail(file: string): boolean {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { mail?: unknown }).mail !== undefined;
  } catch {
    return false;
  }
}

function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('CARAVAN_')));
}
