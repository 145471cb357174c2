/** The administrator's token, as a command is given it: by a flag, by the environment, or by the file of what runs here. */
import { readFileSync } from 'node:fs';
import { reasonOf } from '../../platform/index.ts';
import { CliError } from '../errors.ts';

const TOKEN = 'CARAVAN_ADMINISTRATION_TOKEN';
const TOKEN_FILE = 'CARAVAN_ADMINISTRATION_TOKEN_FILE';

/** Undefined where none was given. Throws CliError('missing-token') for a file that cannot be read. */
export function givenToken(tokenFile: string | undefined, environment: NodeJS.ProcessEnv): string | undefined {
  const file = tokenFile ?? environment[TOKEN_FILE];
  return file === undefined ? environment[TOKEN] || undefined : readToken(file);
}

/** Throws CliError('missing-token'). */
export function readToken(file: string | undefined): string {
  if (file === undefined) {
    throw new CliError('missing-token', 'No token was given', `Give --token-file, or set ${TOKEN} or ${TOKEN_FILE}.`);
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CliError(
      'missing-token',
      `The token cannot be read: ${reasonOf(cause)}`,
      'Give another file with --token-file, or run this as the user whose server it is.',
      cause,
    );
  }
}
