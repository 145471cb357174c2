/**
 * A real Dovecot of a test's own, on loopback: start, stop, restart on the same ports, deliver, recreate a mailbox.
 * Test files that need it are named `*.dovecot.test.ts`; the test runner leaves them out where it is not installed.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, link, mkdir, mkdtemp, readFile, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { hostname, tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { generate } from 'selfsigned';
import { type DovecotOptions, dovecotConfiguration } from './dovecot-configuration.ts';
import { freePorts } from './loopback.ts';

export type { DovecotOptions } from './dovecot-configuration.ts';
export { freePorts };

const START_LIMIT_MS = 15_000;
const STOP_LIMIT_MS = 5_000;
const PROBE_INTERVAL_MS = 20;
const CANDIDATES = ['/usr/sbin/dovecot', '/usr/local/sbin/dovecot', '/opt/homebrew/sbin/dovecot'];
/** Who owns the mail when the tests run as root: `nobody` of Debian. */
const NOBODY = 65_534;

const run = promisify(execFile);

/** Where Dovecot keeps UIDs and indexes of a Maildir. */
const MAILBOX_STATE = [
  'dovecot-uidlist',
  'dovecot.index',
  'dovecot.index.log',
  'dovecot.index.log.2',
  'dovecot.index.cache',
  'dovecot-keywords',
];

/** Where Dovecot is, or undefined. */
export function findDovecot(): string | undefined {
  return CANDIDATES.find((path) => existsSync(path));
}

export class Dovecot {
  readonly root: string;
  readonly host = '127.0.0.1';
  readonly imapPort: number;
  readonly lmtpPort: number;
  readonly users: Readonly<Record<string, string>>;
  /** The PEM of the self-signed certificate, with TLS. */
  readonly certificate: string | undefined;
  readonly #binary: string;
  readonly #owner: { uid: number; gid: number };
  readonly #separator: string;
  readonly #isFsLayout: boolean;
  readonly #prefix: string;
  #process: ChildProcess | undefined;
  #serial = 0;

  private constructor(
    binary: string,
    root: string,
    ports: { imapPort: number; lmtpPort: number },
    options: DovecotOptions & { users: Readonly<Record<string, string>> },
    owner: { uid: number; gid: number },
    certificate: string | undefined,
  ) {
    this.#binary = binary;
    this.root = root;
    this.imapPort = ports.imapPort;
    this.lmtpPort = ports.lmtpPort;
    this.users = options.users;
    this.#owner = owner;
    this.#separator = options.separator ?? '/';
    this.#isFsLayout = options.layout === 'fs';
    this.#prefix = options.prefix ?? '';
    this.certificate = certificate;
  }

  /** Starts one; throws a clear error where Dovecot is not installed. */
  static async start(options: DovecotOptions = {}): Promise<Dovecot> {
    const binary = findDovecot();
    if (!binary) {
      throw new Error(
        `Dovecot is not installed (looked for ${CANDIDATES.join(', ')}): apt-get install dovecot-imapd dovecot-lmtpd`,
      );
    }
    const users = options.users ?? { ada: 'ada-secret', bob: 'bob-secret' };
    const root = await mkdtemp(join(tmpdir(), 'caravan-dovecot-'));
    await chmod(root, 0o755);
    const { uid, gid } = userInfo();
    const owner = uid === 0 ? { uid: NOBODY, gid: NOBODY } : { uid, gid };
    const [imapPort, lmtpPort] = await freePorts(2);
    const ports = { imapPort: imapPort as number, lmtpPort: lmtpPort as number };
    for (const name of ['run', 'state', 'mail']) await mkdir(join(root, name));
    await chown(join(root, 'mail'), owner.uid, owner.gid);
    const certificate = (options.tls ?? 'none') === 'none' ? undefined : await writeCertificate(root);
    const passwords = Object.entries(users).map(([name, password]) => `${name}:{PLAIN}${password}\n`);
    await writeFile(join(root, 'passwd'), passwords.join(''));
    if (options.master) {
      await writeFile(join(root, 'master'), `${options.master.user}:{PLAIN}${options.master.password}\n`);
    }
    await writeFile(join(root, 'dovecot.conf'), dovecotConfiguration(options, { root, ...ports, ...owner }));
    const dovecot = new Dovecot(binary, root, ports, { ...options, users }, owner, certificate);
    try {
      await dovecot.resume();
    } catch (error) {
      await dovecot.stop();
      throw error;
    }
    return dovecot;
  }

  /** Starts the stopped server again, on the same ports with the same mail. */
  async resume(): Promise<void> {
    const child = spawn(this.#binary, ['-F', '-c', join(this.root, 'dovecot.conf')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const deadline = performance.now() + START_LIMIT_MS;
    while (!(await accepts(this.imapPort))) {
      if (child.exitCode !== null || performance.now() > deadline) {
        const log = await readFile(join(this.root, 'dovecot.log'), 'utf8').catch(() => '');
        throw new Error(`Dovecot did not start: ${output}${log}`);
      }
      await pause(PROBE_INTERVAL_MS);
    }
  }

  /** Stops the server and its connections; the mail stays. */
  async pause(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    // The master does not take its children along when it is killed; held still, it can't make new ones meanwhile.
    child.kill('SIGSTOP');
    const children = child.pid === undefined ? [] : await childrenOf(child.pid);
    child.kill(signal);
    child.kill('SIGCONT');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await gone;
    clearTimeout(timer);
    // Asked to stop, it leaves its connections to end on their own.
    for (const pid of children) kill(pid);
    while (await accepts(this.imapPort)) await pause(PROBE_INTERVAL_MS);
    // One that it made in its last moment may be left, and listen there: the next master would take it for a Dovecot that runs.
    await rm(join(this.root, 'run'), { recursive: true, force: true });
    await mkdir(join(this.root, 'run'));
  }

  async restart(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await this.pause(signal);
    await this.resume();
  }

  /** Stops it and removes everything. */
  async stop(): Promise<void> {
    await this.pause();
    await rm(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  maildir(user: string, folder = 'INBOX'): string {
    const base = join(this.root, 'mail', user, 'Maildir');
    if (folder === 'INBOX') return base;
    const path = folder.startsWith(this.#prefix) ? folder.slice(this.#prefix.length) : folder;
    const names = path.split(this.#separator);
    return join(base, this.#isFsLayout ? names.join('/') : `.${names.join('.')}`);
  }

  /** Another program puts a message there the way an MDA does: into tmp/, then linked into new/. */
  async deliver(user: string, rawMessage: Uint8Array, folder = 'INBOX', receivedAt?: Date): Promise<void> {
    const directory = this.maildir(user, folder);
    await this.#makeMaildir(directory);
    // Names in order of delivery: Dovecot gives UIDs in the order of names.
    const now = Date.now();
    const micros = `${(now % 1_000) * 1_000 + (++this.#serial % 1_000)}`.padStart(6, '0');
    const name = `${Math.floor(now / 1_000)}.M${micros}P${process.pid}Q${this.#serial}.${hostname()}`;
    const temporary = join(directory, 'tmp', name);
    await writeFile(temporary, rawMessage, { mode: 0o600 });
    if (receivedAt) await utimes(temporary, receivedAt, receivedAt);
    await chown(temporary, this.#owner.uid, this.#owner.gid);
    await link(temporary, join(directory, 'new', name));
    await unlink(temporary);
  }

  /** Makes a Sieve script of the user's, and the active one; with Pigeonhole alone. */
  async putSieve(user: string, name: string, script: string): Promise<void> {
    const file = join(this.root, `${user}-${name}.sieve`);
    await writeFile(file, script);
    await this.doveadm('sieve', 'put', '-u', user, '-a', name, file);
  }

  /** Runs `doveadm` against this server and gives its output. */
  async doveadm(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('doveadm', ['-c', join(this.root, 'dovecot.conf'), ...args]);
    return stdout;
  }

  /** The mailbox loses its UIDs: the same messages under a new UIDVALIDITY, as after a restore from a backup. */
  async recreateMailbox(user: string, folder = 'INBOX'): Promise<void> {
    const directory = this.maildir(user, folder);
    // Dovecot takes the time in seconds for the new UIDVALIDITY, and a running one would write back what it knows.
    await this.pause();
    await pause(1_000);
    for (const name of MAILBOX_STATE) await rm(join(directory, name), { force: true });
    await this.resume();
  }

  /** The server's log so far. */
  async log(): Promise<string> {
    return readFile(join(this.root, 'dovecot.log'), 'utf8').catch(() => '');
  }

  async #makeMaildir(directory: string): Promise<void> {
    const missing = [];
    for (let at = directory; at !== join(this.root, 'mail') && !existsSync(at); at = dirname(at)) missing.unshift(at);
    for (const path of [...missing, ...['tmp', 'new', 'cur'].map((name) => join(directory, name))]) {
      if (existsSync(path)) continue;
      await mkdir(path, { recursive: true });
      await chown(path, this.#owner.uid, this.#owner.gid);
    }
  }
}

async function writeCertificate(root: string): Promise<string> {
  const notAfterDate = new Date(Date.now() + 86_400_000);
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048, notAfterDate });
  await writeFile(join(root, 'certificate.pem'), pems.cert);
  await writeFile(join(root, 'key.pem'), pems.private, { mode: 0o600 });
  return pems.cert;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', `${pid}`]).catch(() => ({ stdout: '' }));
  return stdout
    .split('\n')
    .map(Number)
    .filter((child) => child > 0);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended on its own.
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
