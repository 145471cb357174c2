/** What no single setting can tell: settings that must fit each other, secrets in files, paths that were left to their defaults. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { reasonOf } from '../platform/index.ts';
import type { configurationSchema } from './configuration.ts';
import type { ConfigurationDraft } from './configuration-draft.ts';
import type { ConfigurationProblem } from './errors.ts';

const IMAP_PORT = 143;
const IMAPS_PORT = 993;
const SUBMISSION_PORT = 587;
const SUBMISSIONS_PORT = 465;

type Parsed = z.output<typeof configurationSchema>;

interface SecretHolder {
  userName?: string | undefined;
  password?: string | undefined;
  passwordFile?: string | undefined;
}

/** Completes the configuration in place; what is wrong with it is the result. */
export function checkTogether(parsed: Parsed, draft: ConfigurationDraft, directory: string): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const problem = (key: string, expected: string, isSecret = false) => {
    const value = draft.get(key);
    problems.push({
      key: value === undefined ? `${key} is not set` : key,
      origin: value === undefined ? 'nowhere' : draft.originOf(key),
      value: value === undefined || isSecret ? undefined : JSON.stringify(value),
      expected,
    });
  };
  const complete = (key: string, holder: SecretHolder, isNeeded: boolean) => {
    if (holder.password !== undefined && holder.passwordFile !== undefined) {
      problem(`${key}.passwordFile`, `either it or ${key}.password, not both`);
    } else if (holder.passwordFile !== undefined) {
      const read = readSecret(holder.passwordFile);
      if (read.secret === undefined) problem(`${key}.passwordFile`, `a file that holds a password: ${read.why}`);
      else holder.password = read.secret;
    } else if (isNeeded && holder.password === undefined) {
      problem(`${key}.password`, `a password for ${key}.userName, or ${key}.passwordFile`, true);
    }
    if (holder.userName === undefined && holder.password !== undefined) {
      problem(`${key}.userName`, `the account that ${key}.password belongs to`);
    }
  };

  parsed.data = resolve(directory, parsed.data);
  const { limits, mail } = parsed;
  if (limits.minHeartbeatSeconds > limits.maxHeartbeatSeconds) {
    problem(
      draft.get('limits.minHeartbeatSeconds') === undefined
        ? 'limits.maxHeartbeatSeconds'
        : 'limits.minHeartbeatSeconds',
      `limits.minHeartbeatSeconds (${limits.minHeartbeatSeconds}) not above limits.maxHeartbeatSeconds (${limits.maxHeartbeatSeconds})`,
    );
  }
  if (mail.kind === 'folders') {
    mail.root = resolve(directory, mail.root);
    if (mail.relay) complete('mail.relay', mail.relay, mail.relay.userName !== undefined);
  } else {
    if (mail.master) complete('mail.master', mail.master, true);
    const hasAccount = mail.smtp.authentication === 'account';
    if (hasAccount && mail.smtp.userName === undefined) {
      problem('mail.smtp.userName', "the account that mail.smtp.authentication 'account' asks for");
    }
    complete('mail.smtp', mail.smtp, hasAccount);
    mail.port ??= mail.tls === 'implicit' ? IMAPS_PORT : IMAP_PORT;
    mail.smtp.host ??= mail.host;
    mail.smtp.port ??= mail.smtp.tls === 'implicit' ? SUBMISSIONS_PORT : SUBMISSION_PORT;
  }
  return problems;
}

/** One line end at the end is not part of it. */
function readSecret(file: string): { readonly secret?: string; readonly why?: string } {
  try {
    const secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    return secret === '' ? { why: 'it is empty' } : { secret };
  } catch (thrown) {
    return { why: reasonOf(thrown) };
  }
}
