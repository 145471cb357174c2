/** What a mailbox signs in with, at every connection anew: passwords change while it is open, and a user may have several. */
import type { Credentials } from './backend.ts';
import { BackendError } from './errors.ts';

/** The credentials are those of now, to be read at every use. */
export interface SignIn extends Credentials {
  /** The mail system has turned this password down. True if there is another to try in its place. */
  refused?(password: string): boolean;
}

/** `attempt` with one password after the other while it is thrown BackendError('rejected-credentials'). */
export async function withPassword<T>(signIn: SignIn, attempt: (credentials: Credentials) => Promise<T>): Promise<T> {
  for (;;) {
    const { userName, password } = signIn;
    try {
      return await attempt({ userName, password });
    } catch (thrown) {
      const isRefused = thrown instanceof BackendError && thrown.code === 'rejected-credentials';
      if (!isRefused || signIn.refused?.(password) !== true) throw thrown;
    }
  }
}
