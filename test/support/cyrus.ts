/**
 * A real Cyrus of a test's own on loopback: IMAP, CalDAV and CardDAV together. Debian's package cannot be installed beside
 * Dovecot's, and would start a server: it is unpacked into a directory, once for all tests of this machine.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './dovecot.ts';
import { untilAnswers } from './loopback.ts';

const PLACE = join(tmpdir(), 'caravan-cyrus');
const PACKAGES = ['cyrus-common', 'cyrus-imapd', 'cyrus-caldav'];
/** Of Debian 12 and 13: those that a release has not are left out. */
const LIBRARIES = [
  'libical3',
  'libical3t64',
  'libxapian30',
  'libzephyr4',
  'libzephyr4t64',
  'libshp2',
  'libshp4',
  'libpcre3',
  'libclamav12',
  'libclamav11',
  'libmspack0',
  'libmspack0t64',
];
/** Cyrus does not run as root: `nobody` of Debian. */
const NOBODY = 65_534;

/** Where Cyrus is; throws a clear error where it cannot be had. */
export function unpackCyrus(): string {
  if (existsSync(join(PLACE, 'usr/lib/cyrus/bin/httpd'))) return PLACE;
  const draft = mkdtempSync(`${PLACE}-`);
  const download = (name: string) => spawnSync('apt-get', ['download', '-q', name], { cwd: draft }).status === 0;
  if (!PACKAGES.every(download)) {
    execFileSync('apt-get', ['update', '-q'], { stdio: 'ignore' });
    if (!PACKAGES.every(download)) throw new Error(`apt-get download ${PACKAGES.join(' ')} failed`);
  }
  for (const name of LIBRARIES) download(name);
  mkdirSync(join(draft, 'root'));
  for (const file of readdirSync(draft).filter((it) => it.endsWith('.deb'))) {
    execFileSync('dpkg', ['-x', join(draft, file), join(draft, 'root')]);
  }
  execFileSync('chmod', ['-R', 'a+rX', draft]);
  // Another test may have been faster.
  if (!existsSync(PLACE)) renameSync(join(draft, 'root'), PLACE);
  spawnSync('rm', ['-rf', draft]);
  return PLACE;
}

export class Cyrus {
  readonly imapPort: number;
  readonly httpPort: number;
  readonly #directory: string;
  readonly #child: ChildProcess;
  readonly #passwords: Server;

  private constructor(ports: readonly number[], directory: string, child: ChildProcess, passwords: Server) {
    this.imapPort = ports[0] as number;
    this.httpPort = ports[1] as number;
    this.#directory = directory;
    this.#child = child;
    this.#passwords = passwords;
  }

  get url(): string {
    return `http://127.0.0.1:${this.httpPort}/`;
  }

  static async start(users: Readonly<Record<string, string>>): Promise<Cyrus> {
    const place = unpackCyrus();
    const directory = await mkdtemp(join(tmpdir(), 'caravan-cyrus-run-'));
    await chmod(directory, 0o755);
    const ports = await freePorts(2);
    for (const name of ['conf', 'mail', 'proc', 'lock', 'mux']) {
      await mkdir(join(directory, name));
      if (userInfo().uid === 0) await chown(join(directory, name), NOBODY, NOBODY);
    }
    const passwords = await checkPasswords(join(directory, 'mux', 'mux'), users);
    const settings = join(directory, 'imapd.conf');
    await writeFile(settings, imapdConf(directory));
    const services = join(directory, 'cyrus.conf');
    await writeFile(services, cyrusConf(place, settings, ports));
    const architecture = readdirSync(join(place, 'usr/lib')).find((it) => it.endsWith('-linux-gnu')) ?? '';
    const libraries = [join(place, 'usr/lib', architecture), join(place, 'lib', architecture)].join(':');
    const master = join(place, 'usr/lib/cyrus/bin/master');
    const child = spawn(master, ['-C', settings, '-M', services, '-p', join(directory, 'conf/pid'), '-D'], {
      stdio: 'ignore',
      env: { ...process.env, LD_LIBRARY_PATH: libraries },
    });
    const cyrus = new Cyrus(ports, directory, child, passwords);
    await untilAnswers(cyrus.url);
    // Then it was somebody else who answered.
    if (child.exitCode !== null) throw new Error(`cyrus ended (${child.exitCode})`);
    return cyrus;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM');
      await ended;
    }
    await new Promise((resolve) => this.#passwords.close(resolve));
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

const imapdConf = (directory: string): string =>
  [
    `configdirectory: ${directory}/conf`,
    'defaultpartition: default',
    `partition-default: ${directory}/mail`,
    'cyrus_user: nobody',
    'cyrus_group: nogroup',
    'allowplaintext: yes',
    'sasl_pwcheck_method: saslauthd',
    `sasl_saslauthd_path: ${directory}/mux/mux`,
    'sasl_mech_list: PLAIN',
    'httpmodules: caldav carddav',
    'calendar_user_address_set: example.org',
    'unixhierarchysep: yes',
    'altnamespace: yes',
    'virtdomains: off',
    'autocreate_quota: 0',
    'autocreate_inbox_folders: Drafts|Sent|Trash',
    'autocreate_subscribe_folders: Drafts|Sent|Trash',
    'xlist-drafts: Drafts',
    'xlist-sent: Sent',
    'xlist-trash: Trash',
    `proc_path: ${directory}/proc`,
    `mboxname_lockpath: ${directory}/lock`,
    `idlesocket: ${directory}/conf/idle`,
    // No idled runs: each imapd looks for itself.
    'imapidlepoll: 1',
    `notifysocket: ${directory}/conf/notify`,
    '',
  ].join('\n');

function cyrusConf(place: string, settings: string, [imapPort, httpPort]: readonly number[]): string {
  const command = (program: string) => `"${join(place, 'usr/lib/cyrus/bin', program)} -C ${settings}`;
  return [
    'START {',
    `  recover cmd=${command('ctl_cyrusdb')} -r"`,
    '}',
    'SERVICES {',
    `  imap cmd=${command('imapd')}" listen="127.0.0.1:${imapPort}" prefork=0`,
    `  http cmd=${command('httpd')}" listen="127.0.0.1:${httpPort}" prefork=0`,
    '}',
    'EVENTS {',
    '}',
    '',
  ].join('\n');
}

/** saslauthd's protocol: name, password, service and realm, each with its length before it; `OK` or `NO` back. */
async function checkPasswords(socket: string, users: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer((client) => {
    let received = Buffer.alloc(0);
    client.on('error', () => client.destroy());
    client.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const fields: string[] = [];
      for (let at = 0; fields.length < 4 && at + 2 <= received.length; ) {
        const end = at + 2 + received.readUInt16BE(at);
        if (end > received.length) return;
        fields.push(received.toString('utf8', at + 2, end));
        at = end;
      }
      if (fields.length < 4) return;
      const [name = '', password] = fields;
      client.end(Buffer.from(users[name] === password ? '\u0000\u0002OK' : '\u0000\u0002NO'));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  await chmod(socket, 0o777);
  return server;
}
