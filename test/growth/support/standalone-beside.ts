/** A standalone server in a process of its own, with the mail system of a pool that it may join, and asked as `caravan join` asks. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Progress } from '../../../lib/migration/index.ts';
import { freePorts } from '../../support/loopback.ts';
import { POOL_KEY, type TestPool } from '../../support/pool/test-pool.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { Timeline } from './timeline.ts';

const TOKEN = 'the token of the tests of growth';
const POLL_MS = 100;
const FULL_MS = 60_000;

export interface Refusal {
  readonly error: { readonly code: string; readonly message: string; readonly remedy?: string };
}

export class StandaloneBeside {
  readonly process: ServerProcess;
  readonly name: string;
  /** The configuration of the pool as the standalone server has it. */
  readonly file: string;
  readonly tokenFile: string;
  readonly administration: string;
  readonly timeline: Timeline;
  readonly #directory: string;

  private constructor(
    parts: Pick<StandaloneBeside, 'process' | 'name' | 'file' | 'tokenFile' | 'administration' | 'timeline'>,
    directory: string,
  ) {
    this.process = parts.process;
    this.timeline = parts.timeline;
    this.name = parts.name;
    this.file = parts.file;
    this.tokenFile = parts.tokenFile;
    this.administration = parts.administration;
    this.#directory = directory;
  }

  static async start(pool: TestPool, name: string): Promise<StandaloneBeside> {
    const directory = await mkdtemp(join(tmpdir(), 'caravan-growth-'));
    const tokenFile = join(directory, 'token');
    const file = join(directory, 'pool.json');
    await writeFile(tokenFile, TOKEN, { mode: 0o600 });
    const [peerPort = 0, administrationPort = 0] = await freePorts(2);
    await writeFile(file, JSON.stringify(poolFile(pool, peerPort)));
    const timeline = new Timeline();
    const process = await ServerProcess.start(
      {
        ...pool.site.settings(),
        'mail-port': String(pool.site.dovecot.imapPort),
        'administration-port': String(administrationPort),
        'administration-token-file': tokenFile,
        'drain-seconds': '10',
        'log-level': 'debug',
      },
      undefined,
      { main: join(pool.place.bundles, 'server', 'main.mjs'), onLine: timeline.hear },
    );
    const administration = `http://127.0.0.1:${administrationPort}`;
    return new StandaloneBeside({ process, name, file, tokenFile, administration, timeline }, directory);
  }

  get url(): string {
    return `http://127.0.0.1:${this.process.port}`;
  }

  /** Writes the pool's file anew, with that changed. */
  async rewrite(pool: TestPool, change: (file: ReturnType<typeof poolFile>) => object): Promise<string> {
    const file = join(this.#directory, `pool-${Math.random()}.json`);
    const [peerPort = 0] = await freePorts(1);
    await writeFile(file, JSON.stringify(change(poolFile(pool, peerPort))));
    return file;
  }

  async ask<Answer = Progress>(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${this.administration}${path}`, {
      method,
      headers: { Authorization: `Bearer ${TOKEN}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Answer;
  }

  /** A pool whose servers have too much to do at the moment is asked again, as somebody would. */
  async begin<Answer = Progress>(
    direction: 'join' | 'leave',
    more: { file?: string; users?: readonly string[] } = {},
  ): Promise<Answer> {
    const { file = this.file, users = [] } = more;
    const asked = { direction, file, standalone: this.name, isVerified: true, users };
    const end = performance.now() + FULL_MS;
    for (;;) {
      const answer = await this.ask<Answer & Partial<Refusal>>('POST', '/join', asked);
      if (answer.error?.code !== 'pool-full' || performance.now() > end) return answer;
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  /** Resolves when nothing is under way any more. */
  async over(limitMs = 120_000): Promise<Progress> {
    const end = performance.now() + limitMs;
    for (;;) {
      const progress = await this.ask('GET', '/join').catch(() => undefined);
      if (progress !== undefined && progress.phase !== 'running' && progress.phase !== undefined) return progress;
      if (performance.now() > end)
        throw new Error(`it is not over: ${JSON.stringify(progress)}\n${this.timeline.warnings.join('\n')}`);
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  /** And starts it again. */
  async kill(): Promise<void> {
    this.timeline.note('it is killed');
    await this.process.end('SIGKILL');
    await this.process.launch();
    this.timeline.note('it answers again');
  }

  async remove(): Promise<void> {
    await this.process.remove();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function poolFile({ place, site }: TestPool, peerPort: number) {
  const flags: Readonly<Record<string, string>> = site.settings();
  return {
    store: { kind: 'dynamodb', table: place.table, endpoint: place.endpoint },
    pool: { name: place.pool, key: POOL_KEY, peer: { host: '127.0.0.1', port: peerPort } },
    mail: { kind: 'imap', host: flags['mail-host'], domain: flags['mail-domain'] },
  };
}
