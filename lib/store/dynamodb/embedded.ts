/** A DynamoDB for one machine, in a process of its own on the loopback interface: what an embedded pool shares. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { type Clock, type Log, silentLog, sleep, systemClock } from '../../platform/index.ts';
import { StoreError } from '../errors.ts';
import { ChildProgram, type Exit } from './child-program.ts';
import { type Engine, type EngineName, findEngine } from './engines.ts';
import { claimFile } from './file-claim.ts';

export interface EmbeddedDynamoOptions {
  /** What outlives the process, made with its directory if it is not there; without one nothing does. */
  readonly file?: string;
  /** Default: any that is free. */
  readonly port?: number;
  /** Default: dynoxide where there is one, else dynalite. */
  readonly engine?: EngineName;
  readonly log?: Log;
  readonly clock?: Clock;
}

export interface EmbeddedDynamo {
  readonly engine: EngineName;
  /** `http://127.0.0.1:<port>`, for DynamoStore. */
  readonly endpoint: string;
  readonly pid: number;
  /** Resolves when the process has ended, asked to or not. */
  readonly exited: Promise<Exit>;
  /** Ends it; what was acknowledged is on the disk. May be called twice. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const START_LIMIT_MS = 15_000;
const PROBE_MS = 50;
const PROBE_TIMEOUT_MS = 1_000;
/** A port that was free a moment ago may be taken when the program comes to it. */
const PORT_ATTEMPTS = 3;

/**
 * Resolves when it answers. It ends with this process, however that ends. Throws StoreError: 'store-in-use' if another
 * such process has the file, 'store-unavailable' if none can be started.
 */
export async function startEmbeddedDynamo(options: EmbeddedDynamoOptions = {}): Promise<EmbeddedDynamo> {
  const { file, clock = systemClock, log = silentLog } = options;
  const engine = findEngine(options.engine);
  const prepared = file === undefined ? undefined : await prepareFile(engine, file, clock);
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await findFreePort());
    const child = new ChildProgram(engine.commandOf(port, file), log);
    if (await answers(child, port, clock)) {
      prepared?.(child.pid);
      log.info({ engine: engine.name, port, pid: child.pid }, 'The embedded DynamoDB is up');
      return {
        engine: engine.name,
        endpoint: `http://${HOST}:${port}`,
        pid: child.pid,
        exited: child.exited,
        stop: () => child.stop(clock),
      };
    }
    const isTaken = child.hasSaid(/in use/i);
    await child.stop(clock);
    if (isTaken && options.port === undefined && attempt < PORT_ATTEMPTS) continue;
    throw new StoreError('store-unavailable', `The embedded DynamoDB (${engine.name}) did not start`, {
      why: child.lastWords || `it did not answer on port ${port} within ${START_LIMIT_MS / 1000} s`,
      remedy: file === undefined ? 'Start again.' : `Check that ${file} can be written and was made by ${engine.name}.`,
    });
  }
}

/** Gives the function that notes the process which has the file. */
async function prepareFile(engine: Engine, file: string, clock: Clock): Promise<(pid: number) => void> {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // Readable by nobody else: it holds what devices and their owners are known by. SQLite keeps the mode for its log.
    if (engine.name === 'dynoxide') closeSync(openSync(file, 'a', 0o600));
    else mkdirSync(file, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StoreError('store-unavailable', `The embedded DynamoDB cannot use ${file}`, {
      why: (cause as Error).message,
      remedy: 'Name another file, or make this one and its directory writable.',
      cause,
    });
  }
  return claimFile(file, clock);
}

/** False if it has ended, or the time is up. */
async function answers(child: ChildProgram, port: number, clock: Clock): Promise<boolean> {
  const until = clock.monotonic() + START_LIMIT_MS;
  while (!child.hasExited && clock.monotonic() < until) {
    // Its own word counts too: something else may answer on a port that it did not get.
    if (child.hasSaid(/listening/i) && (await probe(port, clock))) return true;
    await sleep(clock, PROBE_MS);
  }
  return false;
}

async function probe(port: number, clock: Clock): Promise<boolean> {
  const aborter = new AbortController();
  const timer = clock.after(PROBE_TIMEOUT_MS, () => aborter.abort());
  try {
    const response = await fetch(`http://${HOST}:${port}/`, { signal: aborter.signal });
    await response.text();
    return response.ok;
  } catch {
    return false;
  } finally {
    timer.cancel();
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
