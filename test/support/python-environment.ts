/** A tool of Python's in a virtual environment of its own: installed once with pip into a cache outside the repository. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface PythonTool {
  readonly name: string;
  readonly version: string;
  /** What pip is asked for besides its name: `[server]`. */
  readonly extras?: string;
}

/** The directory of the environment; a version has one of its own, which is there whole or not at all. */
export async function installPython({ name, version, extras = '' }: PythonTool): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'caravan');
  const environment = join(cache, `${name}-${version}`);
  if (existsSync(environment)) return environment;
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, `${name}-`));
  try {
    await run('python3', ['-m', 'venv', unfinished]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-compile'];
    await run(join(unfinished, 'bin/python'), [...pip, `${name}${extras}==${version}`]);
    // Its interpreter is a link, which moves along; its scripts name the old one, so that they are given to it.
    renameSync(unfinished, environment);
  } catch (cause) {
    // Another test may have been faster.
    if (existsSync(environment)) return environment;
    throw new Error(`${name} could not be installed: it needs Python with venv, and the network`, { cause });
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return environment;
}
