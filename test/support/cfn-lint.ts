/** cfn-lint, in a virtual environment of its own: installed once with pip into a cache outside the repository. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const VERSION = '1.58.0';
/** Both are CDK's own way: zones are named since nothing is looked up, and dependencies are written down twice. */
const IGNORED = ['W3005', 'W3010'];

const run = promisify(execFile);

/** Resolves to what it finds, a line each: none in a good template. */
export async function lint(templates: readonly string[]): Promise<readonly string[]> {
  const environment = await install();
  const options = [join(environment, 'bin/cfn-lint'), '--format', 'parseable', '--non-zero-exit-code', 'none'];
  const { stdout } = await run(join(environment, 'bin/python'), [
    ...options,
    '--ignore-checks',
    ...IGNORED,
    '--template',
    ...templates,
  ]);
  return stdout.split('\n').filter((line) => line !== '');
}

/** The directory of the environment; a version has one of its own, which is there whole or not at all. */
async function install(): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'caravan');
  const environment = join(cache, `cfn-lint-${VERSION}`);
  if (existsSync(environment)) return environment;
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, 'cfn-lint-'));
  try {
    await run('python3', ['-m', 'venv', unfinished]);
    await run(join(unfinished, 'bin/python'), ['-m', 'pip', 'install', '--quiet', `cfn-lint==${VERSION}`]);
    // Its interpreter is a link, which moves along; its scripts name the old one, so that they are given to it.
    renameSync(unfinished, environment);
  } catch (cause) {
    // Another test may have been faster.
    if (existsSync(environment)) return environment;
    throw new Error('cfn-lint could not be installed: it needs Python with venv, and the network', { cause });
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return environment;
}
