/**
 * Deliveries into a Maildir on this machine, told at once. Dovecot gathers changes for half a second before it tells an
 * IDLE of them, and no setting of it changes that.
 */
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { type Log, reasonOf } from '../../platform/index.ts';
import type { Account } from '../backend.ts';

const DIRECTORIES = ['new', 'cur'];

export class MaildirWatch {
  readonly #watchers: FSWatcher[] = [];

  /** `pattern` is `maildirWatch` of the configuration. A Maildir that is not there yet is not watched: IDLE still tells. */
  constructor(pattern: string, account: Account, log: Log, onChange: () => void) {
    const domain = account.addresses[0]?.split('@')[1] ?? '';
    const root = pattern.replaceAll('%u', account.user).replaceAll('%d', domain);
    for (const name of DIRECTORIES) {
      try {
        const watcher = watch(join(root, name), { persistent: false }, onChange);
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
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }
}
