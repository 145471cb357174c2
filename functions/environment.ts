/** What the functions beside the servers are given: variables of their environment, secrets, the pool's table. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CaravanError, type Clock, reasonOf, systemClock, systemRandom } from '../lib/platform/index.ts';
import { openDynamoStore, type Store } from '../lib/store/index.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export class EnvironmentError extends CaravanError {
  override readonly name = 'EnvironmentError';
  constructor(what: string, why: string, remedy: string, cause?: unknown) {
    super({ code: 'bad-environment', what, why, remedy, cause });
  }
}

/** Throws EnvironmentError for a variable that is not set. */
export function variable(environment: Environment, name: string): string {
  const value = environment[name];
  if (value !== undefined && value !== '') return value;
  const remedy = 'The stack of the pool sets it: deploy it again.';
  throw new EnvironmentError('The function cannot work', `its variable ${name} is not set`, remedy);
}

/** A function is started once and called often: what `open` makes is kept, unless it failed. */
export function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((thrown: unknown) => {
      opened = undefined;
      throw thrown;
    });
    return opened;
  };
}

/** The pool's table, by `CARAVAN_TABLE`, and its name, by `CARAVAN_POOL`. */
export async function openPool(environment: Environment): Promise<{ readonly store: Store; readonly pool: string }> {
  const table = variable(environment, 'CARAVAN_TABLE');
  const pool = variable(environment, 'CARAVAN_POOL');
  return { store: await openDynamoStore({ table, clock: systemClock, random: systemRandom }), pool };
}

/** So soon a secret that was changed is noticed. */
const SECRET_KEPT_MS = 5 * 60_000;

export class Secrets {
  readonly #client = new SecretsManagerClient({});
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly value: string; readonly readAt: number }>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** The text of a secret. Throws EnvironmentError, which never has any of it. */
  async read(arn: string): Promise<string> {
    const known = this.#known.get(arn);
    if (known && this.#clock.monotonic() - known.readAt < SECRET_KEPT_MS) return known.value;
    try {
      const { SecretString: value } = await this.#client.send(new GetSecretValueCommand({ SecretId: arn }));
      if (value === undefined || value === '') throw new Error('it holds no text');
      this.#known.set(arn, { value, readAt: this.#clock.monotonic() });
      return value;
    } catch (cause) {
      const remedy = 'Check that the secret exists, and that the function may read it.';
      throw new EnvironmentError(`The secret ${arn} cannot be read`, reasonOf(cause), remedy, cause);
    }
  }
}
