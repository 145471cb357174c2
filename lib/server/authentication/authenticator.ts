/** Who is it? Asks the mail system, remembers its yes for a while, and slows down those who guess. */
import { hash } from 'node:crypto';
import type { Account, Credentials, MailSystem } from '../../backends/index.ts';
import type { Clock, Log, Random } from '../../platform/index.ts';
import { type AttemptLimits, Attempts } from './attempts.ts';
import { readBasic } from './basic.ts';
import { Remembered } from './remembered.ts';

export interface AuthenticationOptions extends AttemptLimits {
  /** How long a confirmed password is taken without asking again; default 300. */
  readonly rememberSeconds: number;
}

export type Authentication =
  | { readonly kind: 'known'; readonly account: Account; readonly credentials: Credentials }
  /** 401 with a challenge. */
  | { readonly kind: 'challenge' }
  /** 503 with Retry-After: too many wrong guesses. */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/** Who it is; undefined: the password is wrong; or the seconds until the mail system may be asked. */
type Answer = Account | undefined | { readonly waitSeconds: number };

interface Guess {
  readonly name: string;
  readonly address: string;
  /** Stands for the name with the password. */
  readonly attempt: string;
  /** A password that was right passes whatever others guessed meanwhile, to be asked about once: nobody can lock a phone out by guessing. */
  readonly isTrusted: boolean;
}

export class Authenticator {
  readonly #mail: MailSystem;
  readonly #remembered: Remembered;
  readonly #attempts: Attempts;
  readonly #log: Log;
  /** Checks under way, so that a phone's four first requests make one login. */
  readonly #checks = new Map<string, Promise<Answer>>();
  /** Of the names with passwords that are counted and checked. */
  readonly #salt: Uint8Array;

  constructor(parts: { mail: MailSystem; clock: Clock; random: Random; log: Log; options: AuthenticationOptions }) {
    this.#mail = parts.mail;
    this.#remembered = new Remembered(parts.clock, parts.random, parts.options.rememberSeconds);
    this.#attempts = new Attempts(parts.clock, parts.options);
    this.#log = parts.log;
    this.#salt = parts.random.bytes(16);
  }

  /** `address` is the client's, for throttling. Throws BackendError('unavailable') when the mail system cannot tell. */
  async check(authorization: string | undefined, address: string): Promise<Authentication> {
    const credentials = readBasic(authorization);
    if (!credentials) return { kind: 'challenge' };
    const remembered = this.#remembered.find(credentials);
    if (remembered?.isFresh) return { kind: 'known', account: remembered.account, credentials };

    const name = nameForCounting(credentials.userName);
    const attempt = this.#attemptOf(credentials);
    if (this.#attempts.failedJustNow(name, attempt)) {
      this.#log.info(
        { user: name, address },
        'Sign-in failed: the mail system did not accept the password a moment ago',
      );
      return { kind: 'challenge' };
    }
    const account = await this.#ask(credentials, { name, address, attempt, isTrusted: remembered !== undefined });
    if (account && 'waitSeconds' in account) {
      const retryAfterSeconds = account.waitSeconds;
      this.#log.warn({ user: name, address, retryAfterSeconds }, 'Sign-in refused: too many wrong passwords');
      return { kind: 'throttled', retryAfterSeconds };
    }
    if (!account) {
      this.#remembered.forget(credentials);
      this.#log.info({ user: name, address }, 'Sign-in failed: the mail system did not accept the password');
      return { kind: 'challenge' };
    }
    // Confirmed once more it says nothing of the guesses that came meanwhile.
    if (!remembered) this.#attempts.succeeded(name);
    this.#remembered.keep(credentials, account);
    return { kind: 'known', account, credentials };
  }

  /** The mail system has turned the password down in the middle of things: ask again at the next request. */
  forget(credentials: Credentials): void {
    this.#remembered.forget(credentials);
  }

  #ask(credentials: Credentials, guess: Guess): Promise<Answer> {
    const running = this.#checks.get(guess.attempt);
    if (running) return running;
    const answer = this.#try(credentials, guess).finally(() => this.#checks.delete(guess.attempt));
    this.#checks.set(guess.attempt, answer);
    return answer;
  }

  async #try(credentials: Credentials, { name, address, attempt, isTrusted }: Guess): Promise<Answer> {
    const turn = isTrusted ? undefined : await this.#attempts.begin(name, address);
    if (turn && 'waitSeconds' in turn) return turn;
    try {
      const account = await this.#mail.authenticate(credentials);
      if (!account) this.#attempts.failed(name, address, attempt);
      return account;
    } finally {
      turn?.end();
    }
  }

  #attemptOf({ userName, password }: Credentials): string {
    return hash('sha256', Buffer.concat([this.#salt, Buffer.from(JSON.stringify([userName, password]))]), 'base64url');
  }
}

/** `ada`, ` ada`, `ada@example.org` and `EXAMPLE\ada` are one name to a guesser, since mail systems take them for one. */
function nameForCounting(userName: string): string {
  const local = userName.slice(userName.lastIndexOf('\\') + 1);
  return (local.split('@')[0] ?? local).trim().toLowerCase();
}
