/**
 * Deliveries into a Maildir on this machine, told at once. Dovecot gathers changes for half a second before it tells an
 * IDLE of them, and no setting of it changes that.
 */
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { type Clock, type Log, reasonOf, type Timer } from '../../platform/index.ts';
import type { Account } from '../backend.ts';

const DIRECTORIES = ['new', 'cur'];
/** The first event is told at once, those that follow within this time together. */
const GATHER_MS = 50;

export class MaildirWatch {
  readonly #watchers: FSWatcher[] = [];
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #gathering: Timer | undefined;
  #hasMore = false;

  /** `pattern` is `maildirWatch` of the configuration. A Maildir that is not there yet is not watched: IDLE still tells. */
  constructor(
    pattern: string,
    account: Account,
    { clock, log }: { readonly clock: Clock; readonly log: Log },
    onChange: () => void,
  ) {
    this.#clock = clock;
    this.#onChange = onChange;
    const domain = account.addresses[0]?.split('@')[1] ?? '';
    const root = pattern.replaceAll('%u', account.user).replaceAll('%d', domain);
    for (const name of DIRECTORIES) {
      try {
        const watcher = watch(join(root, name), { persistent: false }, () => this.#tell());
        watcher.on('error', (error) =>
          log.warn({ user: account.user, reason: reasonOf(error) }, 'a Maildir is watched no more'),
        );
        this.#watchers.push(watcher);
      } catch (error) {
        log.warn({ user: account.user, reason: reasonOf(error) }, 'a Maildir cannot be watched');
      }
    }
  }

  close(): void {
    this.#gathering?.cancel();
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #tell(): void {
    if (this.#gathering) {
      this.#hasMore = true;
      return;
    }
    this.#gathering = this.#clock.after(GATHER_MS, () => {
      this.#gathering = undefined;
      if (this.#hasMore) this.#tell();
      this.#hasMore = false;
    });
    this.#onChange();
  }
}
