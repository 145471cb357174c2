/** One user's mailbox on an IMAP server. */
import type {
  Account,
  AutoReply,
  Capabilities,
  Envelope,
  Folder,
  FolderChanges,
  FolderEvent,
  FolderKind,
  FolderPosition,
  Hit,
  Mailbox,
  SearchQuery,
  Watch,
} from '../backend.ts';
import { BackendError } from '../errors.ts';
import type { FetchedMessage, FetchPlan, MessageFlags } from '../message.ts';
import { readAutoReply, writeAutoReply } from '../sieve/index.ts';
import { type SignIn, withPassword } from '../sign-in.ts';
import { changesSince } from './changes.ts';
import type { ImapEnvironment } from './configuration.ts';
import { type Repetition, WorkConnections } from './connections.ts';
import { append, findMessageId, move, remove, updateFlags } from './edit.ts';
import { ImapCommandError } from './errors.ts';
import { fetchMessages } from './fetch.ts';
import { createFolder, deleteFolder, readTree, renameFolder } from './folder-tree.ts';
import { Monitor } from './monitor.ts';
import { search } from './search.ts';
import { select } from './select.ts';
import { sieveOptions } from './sieve.ts';
import { submit } from './submission.ts';
import type { ImapSession } from './wire/session.ts';

export class ImapMailbox implements Mailbox {
  readonly account: Account;
  readonly capabilities: Capabilities;
  readonly #environment: ImapEnvironment;
  readonly #signIn: SignIn;
  readonly #connections: WorkConnections;
  readonly #login: () => Promise<ImapSession>;
  readonly #monitors = new Set<Monitor>();
  /** Told when the mailbox is closed. */
  onClosed: (() => void) | undefined;

  private constructor(
    environment: ImapEnvironment,
    account: Account,
    signIn: SignIn,
    login: () => Promise<ImapSession>,
    connections: WorkConnections,
    capabilities: Capabilities,
  ) {
    this.#environment = environment;
    this.account = account;
    this.#signIn = signIn;
    this.#login = login;
    this.#connections = connections;
    this.capabilities = capabilities;
  }

  /** Logs in once, to learn what the server can do. `login` opens a connection as the user, or throws BackendError. */
  static async open(
    environment: ImapEnvironment,
    account: Account,
    signIn: SignIn,
    login: () => Promise<ImapSession>,
  ): Promise<ImapMailbox> {
    const connections = new WorkConnections(environment, login);
    try {
      const capabilities = await connections.run('the mailbox cannot be opened', 'repeatable', (session) =>
        capabilitiesOf(session, environment.configuration.sieve !== undefined),
      );
      return new ImapMailbox(environment, account, signIn, login, connections, capabilities);
    } catch (error) {
      connections.close();
      throw error;
    }
  }

  async folders(): Promise<readonly Folder[]> {
    const { configuration } = this.#environment;
    const tree = await this.#work('the folders cannot be listed', (session) => readTree(session, configuration));
    return tree.folders;
  }

  createFolder(name: string, parentId: string | undefined, kind?: FolderKind): Promise<Folder> {
    return this.#work(
      'the folder cannot be made',
      (session) => createFolder(session, this.#environment.configuration, name, parentId, kind),
      { repetition: 'once' },
    );
  }

  renameFolder(id: string, name: string, parentId: string | undefined): Promise<Folder> {
    return this.#work(
      'the folder cannot be renamed',
      (session) => renameFolder(session, this.#environment.configuration, id, name, parentId),
      { repetition: 'once' },
    );
  }

  deleteFolder(id: string): Promise<void> {
    return this.#work(
      'the folder cannot be deleted',
      (session) => deleteFolder(session, this.#environment.configuration, id),
      { repetition: 'once' },
    );
  }

  changes(folderId: string, since?: FolderPosition, arrivedAfter?: Date): Promise<FolderChanges> {
    return this.#work(
      'changes of the folder cannot be read',
      (session) => changesSince(session, folderId, since, arrivedAfter),
      { folderIds: [folderId] },
    );
  }

  fetch(
    folderId: string,
    uids: readonly number[],
    plan: FetchPlan,
    onMessage?: (message: FetchedMessage) => void,
  ): Promise<readonly FetchedMessage[]> {
    return this.#work(
      'messages cannot be fetched',
      (session) => fetchMessages(session, folderId, uids, plan, onMessage),
      { folderIds: [folderId] },
    );
  }

  updateFlags(
    folderId: string,
    uids: readonly number[],
    change: { readonly add?: MessageFlags; readonly remove?: MessageFlags },
    validity?: string,
  ): Promise<readonly number[]> {
    return this.#work('flags cannot be changed', (session) => updateFlags(session, folderId, uids, change, validity), {
      folderIds: [folderId],
    });
  }

  move(
    folderId: string,
    uids: readonly number[],
    targetId: string,
    validity?: string,
  ): Promise<ReadonlyMap<number, number>> {
    return this.#work('messages cannot be moved', (session) => move(session, folderId, uids, targetId, validity), {
      folderIds: [folderId, targetId],
      repetition: 'once',
    });
  }

  remove(folderId: string, uids: readonly number[], validity?: string): Promise<void> {
    return this.#work('messages cannot be removed', (session) => remove(session, folderId, uids, validity), {
      folderIds: [folderId],
    });
  }

  append(
    folderId: string,
    message: Uint8Array,
    options: { readonly flags: MessageFlags; readonly receivedAt?: Date },
  ): Promise<{ readonly uid: number; readonly validity: string }> {
    return this.#work('the message cannot be stored', (session) => append(session, folderId, message, options), {
      folderIds: [folderId],
      repetition: 'once',
    });
  }

  findMessageId(folderId: string, messageId: string): Promise<readonly number[]> {
    return this.#work('the message cannot be looked for', (session) => findMessageId(session, folderId, messageId), {
      folderIds: [folderId],
    });
  }

  search(folderIds: readonly string[], query: SearchQuery, limit: number): Promise<readonly Hit[]> {
    return this.#work('the mailbox cannot be searched', (session) => search(session, folderIds, query, limit), {
      folderIds,
    });
  }

  submit(envelope: Envelope, message: Uint8Array, signal?: AbortSignal): Promise<void> {
    return withPassword(this.#signIn, (credentials) =>
      submit(this.#environment, this, credentials, envelope, message, signal),
    );
  }

  autoReply(): Promise<AutoReply> {
    return readAutoReply(sieveOptions(this.#environment, this.account, this.#signIn));
  }

  setAutoReply(reply: AutoReply): Promise<void> {
    const { domain } = this.#environment.configuration;
    const owner = { addresses: this.account.addresses, domain };
    return writeAutoReply(sieveOptions(this.#environment, this.account, this.#signIn), owner, reply);
  }

  async watch(listener: (event: FolderEvent) => void): Promise<Watch> {
    const monitor = new Monitor(this.#environment, this.account, this.#signIn, this.#login, listener);
    this.#monitors.add(monitor);
    await monitor.start();
    return {
      update: (folderIds) => monitor.update(folderIds),
      close: async () => {
        this.#monitors.delete(monitor);
        await monitor.close();
      },
    };
  }

  async close(): Promise<void> {
    this.#connections.close();
    await Promise.all([...this.#monitors].map((monitor) => monitor.close()));
    this.#monitors.clear();
    this.onClosed?.();
  }

  /** `folderIds`: those whose absence explains a refusal that bears no code. */
  #work<T>(
    what: string,
    task: (session: ImapSession) => Promise<T>,
    options: { readonly folderIds?: readonly string[]; readonly repetition?: Repetition } = {},
  ): Promise<T> {
    return this.#connections.run(what, options.repetition ?? 'repeatable', async (session) => {
      try {
        return await task(session);
      } catch (error) {
        if (!(error instanceof ImapCommandError) || error.responseCode !== undefined) throw error;
        const tree = await readTree(session, this.#environment.configuration);
        const missing = options.folderIds?.find(
          (id) => !tree.folders.some((folder) => folder.id === id && folder.selectable),
        );
        if (missing === undefined) throw error;
        throw new BackendError('not-found', what, {
          why: `there is no folder ${JSON.stringify(missing)}`,
          cause: error,
        });
      }
    });
  }
}

async function capabilitiesOf(session: ImapSession, canAutoReply: boolean): Promise<Capabilities> {
  const { canKeepKeywords } = await select(session, 'INBOX');
  return {
    hasCondstore: session.enabled.has('CONDSTORE'),
    hasQresync: session.enabled.has('QRESYNC'),
    canPush: session.has('IDLE'),
    canSearch: true,
    hasKeywords: canKeepKeywords,
    canAutoReply,
  };
}
