/** Asks a pool's servers what those in charge want to know: whichever of them answers, answers for all. */
import { CaravanError, reasonOf } from '../../platform/index.ts';
import { CliError } from '../errors.ts';

/** A frozen server takes the connection and never answers. */
const ANSWER_LIMIT_MS = 5_000;
/** A fence watches a server for its lease first, which is at most ten minutes. */
const CHANGE_LIMIT_MS = 630_000;

export interface AdministrationPlace {
  /** Of each server that is known, tried in turn. */
  readonly urls: readonly string[];
  readonly token: string;
}

/** Who is asked. */
export interface Asked {
  /** A path that shows that a server answers, before something is changed. */
  readonly probe: string;
  readonly nobodyAnswers: string;
  readonly remedy: string;
  /** Where to look whether something was done. */
  readonly look: string;
}

const A_POOL: Asked = {
  probe: '/pool',
  nobodyAnswers: 'No server of the pool answers',
  remedy: 'Check that the pool runs, or name the administration address of one of its servers with --url.',
  look: 'caravan pool show',
};

/** One that may join a pool. */
export const A_STANDALONE_SERVER: Asked = {
  probe: '/join/order',
  nobodyAnswers: 'The standalone server does not answer',
  remedy:
    'Start it, if it does not run, or name its administration address with --url. What was begun goes on by itself.',
  look: 'caravan join --status',
};

export class AdministrationClient {
  readonly #place: AdministrationPlace;
  readonly #asked: Asked;

  constructor(place: AdministrationPlace, asked: Asked = A_POOL) {
    this.#place = place;
    this.#asked = asked;
  }

  /** Throws CliError('pool-unreachable'), and what the pool refused, under its own code. */
  async get<Answer>(path: string, limitMs = ANSWER_LIMIT_MS): Promise<Answer> {
    return (await this.#ask(path, limitMs)).answer as Answer;
  }

  /** Sent once: to a server that has just shown that it answers. */
  async change<Answer>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<Answer> {
    const { url } = await this.#ask(this.#asked.probe);
    try {
      return (await this.#send(url, path, CHANGE_LIMIT_MS, method, body)) as Answer;
    } catch (thrown) {
      if (thrown instanceof CaravanError) throw thrown;
      throw new CliError(
        'pool-unreachable',
        `The server at ${url} broke off: ${causeOf(thrown)}`,
        `Look with \`${this.#asked.look}\` whether it was done, and try again.`,
        thrown,
      );
    }
  }

  async #ask(path: string, limitMs = ANSWER_LIMIT_MS): Promise<{ readonly url: string; readonly answer: unknown }> {
    const failures: string[] = [];
    for (const url of this.#place.urls) {
      try {
        return { url, answer: await this.#send(url, path, limitMs) };
      } catch (thrown) {
        if (thrown instanceof CaravanError) throw thrown;
        failures.push(`${url}: ${causeOf(thrown)}`);
      }
    }
    throw new CliError('pool-unreachable', `${this.#asked.nobodyAnswers} (${failures.join('; ')})`, this.#asked.remedy);
  }

  async #send(url: string, path: string, limitMs: number, method = 'GET', body?: object): Promise<unknown> {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { Authorization: `Bearer ${this.#place.token}`, 'Content-Type': 'application/json' },
      signal: AbortSignal.timeout(limitMs),
      redirect: 'error',
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = await parsed(response, url);
    if (response.ok) return answer;
    throw refusalOf(response.status, answer, url);
  }
}

async function parsed(response: Response, url: string): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    // `/metrics` alone is there where a server has no token.
    throw new CliError(
      'not-administration',
      `${url} answers ${response.status}, and not as the administration of a server does`,
      'Check the address, and that the server has administration.token or administration.tokenFile.',
      cause,
    );
  }
}

/** The pool's own words and code. */
function refusalOf(status: number, answer: unknown, url: string): CaravanError {
  const { error } = (answer ?? {}) as { error?: { code?: string; message?: string; remedy?: string } };
  if (status === 401) {
    return new CliError(
      'wrong-token',
      `${url} does not accept the administrator's token`,
      'Give the right one with --token-file or CARAVAN_ADMINISTRATION_TOKEN.',
    );
  }
  return new CaravanError({
    code: error?.code ?? 'failed',
    what: error?.message ?? `${url} answers ${status}`,
    ...(error?.remedy !== undefined && { remedy: error.remedy }),
  });
}

/** fetch hides what happened in its cause. */
function causeOf(thrown: unknown): string {
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError') return 'no answer in time';
  const { cause } = thrown as { cause?: unknown };
  return cause === undefined ? reasonOf(thrown) : reasonOf(cause);
}
