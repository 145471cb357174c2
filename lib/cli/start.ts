/** `caravan start`: everything on one machine, with an embedded mail system, two users and some mail, to try it out. */
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { DEMO_USERS, seedFolders } from '../backends/index.ts';
import { createLog, type LogLevel, systemClock, systemRandom } from '../platform/index.ts';
import type { CaravanServer } from '../server/index.ts';
import { loadConfiguration } from '../topology/index.ts';
import { runUntilStopped } from './run-server.ts';
import { openTerminal } from './terminal.ts';

interface StartOptions {
  readonly host: string;
  readonly port: string;
  readonly smtpPort: string;
  readonly directory: string;
  readonly tls?: boolean;
  readonly log: LogLevel;
  readonly json?: boolean;
}

export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('Try it out: a standalone server on an embedded mail system with two users and some mail.')
    .option('--host <address>', 'where to listen; 0.0.0.0 lets phones of your network in', '127.0.0.1')
    .option('--port <port>', 'where devices reach it', '8080')
    .option('--smtp-port <port>', 'where it takes mail for its users, from this machine', '2525')
    .option('--directory <directory>', 'where mail and state are kept', '.caravan')
    .option('--tls', 'HTTPS with a certificate of its own')
    .option('--log <level>', 'debug, info, warn, error or silent', 'warn')
    .option('--json', 'tell what was started as JSON')
    .action(start);
}

async function start(options: StartOptions): Promise<void> {
  const terminal = openTerminal(options.json === true, process.stdout, process.stderr);
  const directory = resolve(options.directory);
  const root = join(directory, 'mail');
  const configuration = loadConfiguration({
    environment: {},
    directory,
    file: undefined,
    flags: {
      'listen-host': options.host,
      'listen-port': options.port,
      'listen-tls': options.tls === true ? 'self-signed' : 'off',
      data: join(directory, 'data'),
      'mail-kind': 'folders',
      'mail-root': root,
      'mail-domain': 'example.org',
      'mail-smtp-in-port': options.smtpPort,
      'drain-seconds': '5',
      'log-level': options.log,
    },
  });
  terminal.progress('Putting some mail into the mailboxes …');
  const isNew = await seedFolders({ root, clock: systemClock, random: systemRandom });
  await runUntilStopped(configuration, createLog({ level: options.log, destination: process.stderr }), (server) => {
    const url = reachableUrl(server.url, options.host);
    terminal.result(
      { url, smtpPort: server.smtpInPort, users: DEMO_USERS.map(({ address, password }) => ({ address, password })) },
      welcome(server, url, directory, isNew, options.host),
    );
  });
}

function welcome(server: CaravanServer, url: string, directory: string, isNew: boolean, host: string): string {
  const [first, second] = DEMO_USERS;
  const device = (verb: string, user: (typeof DEMO_USERS)[number]) =>
    `npx caravan device ${verb} --url ${url} --user ${user.address} --password ${user.password}`;
  return [
    'Caravan is up: a standalone server on an embedded mail system.',
    '',
    `  Give this to a phone    ${url}   (Exchange ActiveSync)`,
    ...DEMO_USERS.map((it) => `  User                    ${it.address}   password ${it.password}`),
    `  Takes mail by SMTP at   localhost:${server.smtpInPort}`,
    `  Keeps everything in     ${directory}${isNew ? '' : '   (found there from before)'}`,
    ...(host === '127.0.0.1'
      ? ['  Only this machine can reach it: `npm start -- --host 0.0.0.0` lets phones in.']
      : []),
    '',
    'Try, in a second terminal:',
    `  ${device('sync', first)}`,
    `  ${device('watch', second)}`,
    'and in a third, to wake the one that watches:',
    `  ${device('send', first)} --to ${second.address} --subject Hello --text 'Are you awake?'`,
    '',
    'Ctrl-C stops it; everything is kept.',
  ].join('\n');
}

/** An address that a phone can use: this machine's own in its network where it listens on all. */
function reachableUrl(url: string, host: string): string {
  if (host !== '0.0.0.0') return url;
  const own = Object.values(networkInterfaces())
    .flat()
    .find((it) => it?.family === 'IPv4' && !it.internal);
  return own ? url.replace('localhost', own.address) : url;
}
