/**
 * The mail system that needs no other: users in a file, messages in Maildirs on local disk (user-folders.ts), calendars,
 * contacts, tasks and notes beside them (resource-files.ts).
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Log, type Random, silentLog, systemClock, systemRandom } from '../../platform/index.ts';
import type { Account, BusyTime, Credentials, Mailbox, MailSystem } from '../backend.ts';
import { busyTimes } from '../busy-times.ts';
import { BackendError } from '../errors.ts';
import { type SignIn, withPassword } from '../sign-in.ts';
import { deliver, type Trace } from './delivery.ts';
import { diskError } from './errors.ts';
import { withResources } from '../mailbox-with-resources.ts';
import { FoldersMailbox } from './folders-mailbox.ts';
import { FoldersResources } from './folders-resources.ts';
import { ResourceFiles } from './resource-files.ts';
import { type RelayOptions, submit } from './submission.ts';
import { UserFolders } from './user-folders.ts';
import { UsersFile } from './users-file.ts';

export interface FoldersOptions {
  /** The directory that holds `users.json` and a directory a user; made if there is none. */
  readonly root: string;
  /** For mail to other domains; without one such mail is rejected. */
  readonly relay?: RelayOptions;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
}

export class FoldersMailSystem implements MailSystem {
  readonly name: string;
  readonly #root: string;
  readonly #relay: RelayOptions | undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #users: UsersFile;
  readonly #folders = new Map<string, UserFolders>();
  readonly #resources = new Map<string, ResourceFiles>();
  readonly #mailboxes = new Set<Mailbox>();

  constructor({ root, relay, clock = systemClock, random = systemRandom, log = silentLog }: FoldersOptions) {
    this.name = `folders ${root}`;
    this.#root = root;
    this.#relay = relay;
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
    this.#users = new UsersFile(root, random);
  }

  authenticate(credentials: Credentials): Promise<Account | undefined> {
    return this.#users.authenticate(credentials);
  }

  async open(account: Account, signIn: SignIn): Promise<Mailbox> {
    const verified = await withPassword(signIn, async (credentials) => {
      const known = await this.#users.authenticate(credentials);
      if (known?.user === account.user) return known;
      throw new BackendError('rejected-credentials', `${account.user} cannot sign in`, {
        why: 'user name and password do not fit',
        remedy: 'Enter the password again on the device.',
      });
    });
    const folders = await this.#prepared(verified);
    const { user, addresses, displayName } = verified;
    const log = this.#log.child({ user });
    const mail = new FoldersMailbox(
      { user, addresses, ...(displayName ? { displayName } : {}) },
      {
        folders,
        clock: this.#clock,
        log,
        submit: (sender, envelope, message) => submit(this.#postOffice(), sender, envelope, message),
        freeBusy: (address, fromMs, toMs) => this.#freeBusy(address, fromMs, toMs),
        closed: () => this.#mailboxes.delete(mailbox),
      },
    );
    const files = await this.#preparedResources(verified);
    const mailbox = withResources(mail, new FoldersResources(files, { clock: this.#clock, log }));
    this.#mailboxes.add(mailbox);
    return mailbox;
  }

  /** Whose mailbox an address is, and whether its domain is one of ours. */
  resolve(address: string): Promise<{ readonly account: Account | undefined; readonly isLocal: boolean }> {
    return this.#users.resolve(address);
  }

  /** Puts a message into a user's inbox. Resolves when it is on the disk. */
  async deliver(account: Account, message: Uint8Array, trace: Trace): Promise<void> {
    try {
      const folders = await this.#prepared(account);
      await deliver(folders.directory, message, trace, this.#clock, this.#random);
    } catch (error) {
      throw diskError(`mail for ${account.user} cannot be delivered`, error);
    }
  }

  async close(): Promise<void> {
    for (const mailbox of this.#mailboxes) await mailbox.close();
    this.#mailboxes.clear();
    for (const folders of this.#folders.values()) await folders.close();
    this.#folders.clear();
    for (const files of this.#resources.values()) await files.close();
    this.#resources.clear();
  }

  async #prepared(account: Account): Promise<UserFolders> {
    let folders = this.#folders.get(account.user);
    if (!folders) {
      folders = new UserFolders(this.#root, account, this.#clock, this.#random);
      this.#folders.set(account.user, folders);
    }
    try {
      await folders.prepare();
    } catch (error) {
      throw diskError(`the mail folders of ${account.user} cannot be opened`, error);
    }
    return folders;
  }

  async #preparedResources({ user }: Account): Promise<ResourceFiles> {
    let files = this.#resources.get(user);
    if (!files) {
      files = new ResourceFiles(join(this.#root, user), this.#clock, this.#random);
      this.#resources.set(user, files);
    }
    try {
      await files.prepare();
    } catch (error) {
      throw diskError(`the calendars of ${user} cannot be opened`, error);
    }
    return files;
  }

  /** Everybody of the organisation may see when somebody is busy, and not with what. */
  async #freeBusy(address: string, fromMs: number, toMs: number): Promise<readonly BusyTime[] | undefined> {
    const { account } = await this.resolve(address);
    if (!account) return undefined;
    const files = await this.#preparedResources(account);
    try {
      const texts: string[] = [];
      for (const { id, itemClass } of await files.collections()) {
        if (itemClass !== 'Calendar') continue;
        const names = (await files.list(id)).map(({ name }) => name);
        texts.push(...(await files.read(id, names)).map(({ text }) => text));
      }
      return busyTimes(texts, account.addresses[0] ?? address, fromMs, toMs);
    } catch (error) {
      throw diskError(`the calendars of ${account.user} cannot be read`, error);
    }
  }

  #postOffice() {
    return {
      relay: this.#relay,
      clock: this.#clock,
      random: this.#random,
      log: this.#log,
      resolve: (address: string) => this.resolve(address),
      deliver: (account: Account, message: Uint8Array, envelope: { from: string; to: string }) =>
        this.deliver(account, message, { ...envelope, protocol: 'local' }),
    };
  }
}

/** Opens the mail folders below `options.root`. */
export async function openFolders(options: FoldersOptions): Promise<FoldersMailSystem> {
  try {
    await mkdir(options.root, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw diskError('the mail folders cannot be opened', error);
  }
  return new FoldersMailSystem(options);
}
