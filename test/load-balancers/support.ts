// haproxy and nginx, run with the very files of docs/load-balancers: only addresses, ports and paths are put in.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { generate } from 'selfsigned';
import { freePorts } from '../support/dovecot.ts';

const DOCS = resolve(import.meta.dirname, '../../docs/load-balancers');
const UP_LIMIT_MS = 30_000;

interface Kind {
  readonly file: string;
  readonly listens: (port: number) => readonly [string, string];
  /** In the file, and what of the certificate stands there. */
  readonly pems: readonly (readonly [path: string, content: (pems: Pems) => string])[];
  readonly command: (file: string, directory: string) => readonly string[];
}

interface Pems {
  readonly cert: string;
  readonly private: string;
}

const KINDS = {
  haproxy: {
    file: 'haproxy.cfg',
    listens: (port) => ['bind :443 ssl', `bind 127.0.0.1:${port} ssl`],
    pems: [['/etc/haproxy/caravan.pem', (pems) => `${pems.cert}\n${pems.private}`]],
    command: (file) => ['/usr/sbin/haproxy', '-db', '-f', file],
  },
  nginx: {
    file: 'nginx.conf',
    listens: (port) => ['listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`],
    pems: [
      ['/etc/nginx/caravan.crt', (pems) => pems.cert],
      ['/etc/nginx/caravan.key', (pems) => pems.private],
    ],
    command: (file, directory) => [
      '/usr/sbin/nginx',
      ...`-c ${file} -p ${directory} -e ${join(directory, 'error.log')} -g`.split(' '),
      `daemon off; pid ${join(directory, 'nginx.pid')};`,
    ],
  },
} as const satisfies Record<string, Kind>;

export type BalancerName = keyof typeof KINDS;

export class Balancer {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(url: string, child: ChildProcess, directory: string) {
    this.url = url;
    this.#child = child;
    this.#directory = directory;
  }

  /** `servers`: `host:port` of three. Resolves when it answers. */
  static async start(name: BalancerName, servers: readonly string[]): Promise<Balancer> {
    const kind: Kind = KINDS[name];
    const directory = await mkdtemp(join(tmpdir(), `caravan-${name}-`));
    const pems = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
    const [port = 0] = await freePorts(1);
    let text = await readFile(join(DOCS, kind.file), 'utf8');
    const put = (from: string, to: string) => {
      if (text.split(from).length !== 2) throw new Error(`${kind.file} has not exactly one '${from}'`);
      text = text.replace(from, to);
    };
    put(...kind.listens(port));
    for (const [position, [path, content]] of kind.pems.entries()) {
      const file = join(directory, `${position}.pem`);
      await writeFile(file, content(pems), { mode: 0o600 });
      put(path, file);
    }
    for (const [position, server] of servers.entries()) put(`10.0.3.1${position + 1}:8080`, server);
    const file = join(directory, kind.file);
    await writeFile(file, text);
    const [program = '', ...args] = kind.command(file, directory);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let words = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (words += chunk.toString()));
    const balancer = new Balancer(`https://localhost:${port}`, child, directory);
    const until = performance.now() + UP_LIMIT_MS;
    while (!(await answers(port))) {
      if (child.exitCode !== null || performance.now() > until) {
        await balancer.stop();
        throw new Error(`${name} does not come up: ${words}`);
      }
      await new Promise((done) => setTimeout(done, 50));
    }
    return balancer;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await ended;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
