/** The canary's mailbox: a secret with `{"user": "…", "password": "…"}`. */
import { z } from 'zod';
import { EnvironmentError, type Secrets } from '../environment.ts';

const schema = z.object({ user: z.string().min(1), password: z.string().min(1) });

export type CanaryMailbox = z.output<typeof schema>;

/** Throws EnvironmentError, without a word of what the secret holds. */
export async function mailboxOf(secrets: Pick<Secrets, 'read'>, arn: string): Promise<CanaryMailbox> {
  const text = await secrets.read(arn);
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    const remedy = 'Write {"user": "…", "password": "…"} into it.';
    throw new EnvironmentError(`The secret ${arn} is no mailbox`, 'it is not JSON with user and password', remedy);
  }
}
