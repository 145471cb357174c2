/** AWS on this machine: moto's server, in a process of its own, with nothing in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePorts } from '../loopback.ts';
import { installPython } from '../python-environment.ts';

const TOOL = { name: 'moto', version: '5.2.5', extras: '[server]' };
const UP_MS = 60_000;
const POLL_MS = 100;
const KEPT_LINES = 400;

/** The one that moto answers for. */
export const ACCOUNT = '123456789012';

export class Moto {
  /** What it said. */
  readonly lines: string[];
  /** Of Python's interpreter with it. */
  readonly python: string;
  readonly endpoint: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, lines: string[], python: string, endpoint: string) {
    this.#child = child;
    this.lines = lines;
    this.python = python;
    this.endpoint = endpoint;
  }

  static async start(): Promise<Moto> {
    const environment = await installPython(TOOL);
    const python = join(environment, 'bin/python');
    const [port = 0] = await freePorts(1);
    // `localhost`: by that name moto knows the address of a template that is in a bucket of its own.
    const endpoint = `http://localhost:${port}`;
    const child = spawn(python, [join(environment, 'bin/moto_server'), '-H', '127.0.0.1', '-p', String(port)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        lines.push(...text.split('\n').filter((line) => line !== ''));
        lines.splice(0, lines.length - KEPT_LINES);
      });
    }
    const moto = new Moto(child, lines, python, endpoint);
    const deadline = performance.now() + UP_MS;
    while (!(await isUp(endpoint))) {
      if (child.exitCode !== null || performance.now() > deadline) {
        await moto.stop();
        throw new Error(`moto did not start:\n${lines.join('\n')}`);
      }
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
    return moto;
  }

  /** For clients of the AWS SDK. */
  client(region: string) {
    return { endpoint: this.endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  }

  /** For programs with an AWS SDK. By an address in place of a name, buckets are no part of the host. */
  get variables() {
    return {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ENDPOINT_URL_S3: this.endpoint.replace('localhost', '127.0.0.1'),
    };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.kill('SIGKILL');
    await ended;
  }
}

async function isUp(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(`${endpoint}/moto-api/`)).ok;
  } catch {
    return false;
  }
}
