/** DynamoDB Local: fetched once with Maven into a cache outside the repository, run with Java, in memory. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, untilAnswers } from '../loopback.ts';

const POM = join(import.meta.dirname, 'pom.xml');
const MAIN = 'software.amazon.dynamodb.services.local.main.ServerRunner';

export interface DynamoDbLocal {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export async function startDynamoDbLocal(): Promise<DynamoDbLocal> {
  const libraries = await fetchLibraries();
  const port = await freePort();
  const machine = ['-Xmx384m', `-Djava.library.path=${libraries}`, '-cp', join(libraries, '*')];
  const java = spawn('java', [...machine, MAIN, '-inMemory', '-disableTelemetry', '-port', String(port)], {
    stdio: 'ignore',
  });
  const exited = new Promise<void>((resolve, reject) => {
    java.once('exit', () => resolve());
    java.once('error', (cause) => reject(new Error('Java cannot be started: npm run test:all installs it', { cause })));
  });
  const endpoint = `http://127.0.0.1:${port}`;
  // It answers anything without a signature with 400.
  await Promise.race([
    untilAnswers(endpoint),
    exited.then(() => {
      throw new Error('DynamoDB Local ended before it answered');
    }),
  ]);
  return {
    endpoint,
    async stop() {
      java.kill('SIGKILL');
      await exited;
    },
  };
}

/** The directory of the libraries; a version has one of its own, which is there whole or not at all. */
async function fetchLibraries(): Promise<string> {
  const version = /DynamoDBLocal<\/artifactId>\s*<version>(.*?)</.exec(readFileSync(POM, 'utf8'))?.[1];
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'caravan');
  const libraries = join(cache, `dynamodb-local-${version}`);
  if (existsSync(libraries)) return libraries;
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, 'dynamodb-local-'));
  try {
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${unfinished}`];
    await promisify(execFile)('mvn', ['-q', '-B', '-f', POM, ...goal]);
    renameSync(unfinished, libraries);
  } catch (cause) {
    // Another test may have been faster.
    if (existsSync(libraries)) return libraries;
    throw new Error('DynamoDB Local could not be fetched: it needs Maven and the network', { cause });
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return libraries;
}
