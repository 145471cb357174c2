/** cfn-lint, of Python's packages. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installPython } from './python-environment.ts';

const TOOL = { name: 'cfn-lint', version: '1.58.0' };
/** Both are CDK's own way: zones are named since nothing is looked up, and dependencies are written down twice. */
const IGNORED = ['W3005', 'W3010'];

const run = promisify(execFile);

/** Resolves to what it finds, a line each: none in a good template. */
export async function lint(templates: readonly string[]): Promise<readonly string[]> {
  const environment = await installPython(TOOL);
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
