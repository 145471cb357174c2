/**
 * The organisation's own mail system behind one interface. In the manner of a database dialect: capability booleans
 * first, then a few small methods; one behavioural contract suite (`test/contract/backend.ts`), of which the local-folders
 * implementation is the reference.
 */
import type { FetchedMessage, FetchPlan, MessageFlags, MessageState } from './message.ts';
import type { ResourceStore } from './resources.ts';
import type { SignIn } from './sign-in.ts';
import type { UidRuns } from './uid-runs.ts';

/** What a person typed, or what a monitor keeps in memory. Never logged, never stored in clear. */
export interface Credentials {
  readonly userName: string;
  readonly password: string;
}

/** Somebody whom the mail system knows. */
export interface Account {
  /** The canonical, lower-case name: the `USER#` of the store, whichever way the person writes it. */
  readonly user: string;
  /** For From lines and UserInformation; the first is the primary one. */
  readonly addresses: readonly string[];
  readonly displayName?: string;
  /** IANA name of the zone that the user lives in: where whole days are, and times without a zone. Undefined: UTC. */
  readonly zone?: string;
}

/** Leave to change a mailbox, which may end. */
export interface Right {
  isHeld(): boolean;
}

export interface MailSystem {
  /** For logs and `caravan plan check`: `imap mail.example.org:993`, `folders ./mail`. */
  readonly name: string;
  /** The account if the password is right, undefined if not. Throws BackendError('unavailable') if that can't be told now. */
  authenticate(credentials: Credentials): Promise<Account | undefined>;
  /**
   * A working session in a user's mailbox, with connections opened as needed. Without `right` any more nothing is changed: what
   * takes several steps ends between them, 'unavailable'. Default: for ever.
   */
  open(account: Account, signIn: SignIn, right?: Right): Promise<Mailbox>;
  close(): Promise<void>;
}

/** What a mail system can do, found out when it is opened; never decided by its name. */
export interface Capabilities {
  /** Flag changes since a point are told cheaply (RFC 7162). */
  readonly hasCondstore: boolean;
  /** What vanished since a point is told cheaply (RFC 7162). */
  readonly hasQresync: boolean;
  /** `watch` is told of changes in the inbox at once; else it polls. */
  readonly canPush: boolean;
  /** Free-text search is done by the mail system. */
  readonly canSearch: boolean;
  /** Keywords beyond the system flags stick to messages (categories, `$Forwarded`). */
  readonly hasKeywords: boolean;
  /** Out-of-office replies can be read and set. */
  readonly canAutoReply: boolean;
}

/** What a folder is for; `user` is anything the user made. At most one folder of each kind but `user`. */
export type FolderKind =
  | 'inbox'
  | 'drafts'
  | 'trash'
  | 'sent'
  | 'outbox'
  | 'junk'
  | 'archive'
  | 'tasks'
  | 'calendar'
  | 'contacts'
  | 'notes'
  | 'user';

export type ItemClass = 'Email' | 'Calendar' | 'Contacts' | 'Tasks' | 'Notes';

export interface Folder {
  /** The backend's own stable name of it (an IMAP path). Renaming may change it: `renameFolder` tells the new one. */
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: FolderKind;
  readonly itemClass: ItemClass;
  /** False for a mere parent that holds no items. */
  readonly selectable: boolean;
}

/** Where a view of a folder stands; opaque but for being compared. */
export interface FolderPosition {
  /** Changes when every UID lost its meaning (UIDVALIDITY). */
  readonly validity: string;
  /** HIGHESTMODSEQ or the like; undefined where the server has none. */
  readonly modseq: string | undefined;
  /** The UIDs the view holds. */
  readonly known: UidRuns;
}

export interface FolderChanges {
  readonly validity: string;
  readonly modseq: string | undefined;
  /** True if `since` could not be used: `messages` is everything in range and the view starts over. */
  readonly complete: boolean;
  /** New messages, and those whose flags changed (or may have: the caller compares). */
  readonly messages: readonly MessageState[];
  /** Of `known`, those that are gone. Empty when `complete`. */
  readonly vanished: UidRuns;
}

/** All criteria must match; an empty query matches everything. Dates are of arrival. */
export interface SearchQuery {
  /** Free text, in headers and bodies; words are ANDed. */
  readonly text?: string;
  readonly subject?: string;
  readonly from?: string;
  readonly to?: string;
  readonly after?: Date;
  readonly before?: Date;
  readonly unread?: boolean;
  readonly flagged?: boolean;
}

export interface Hit {
  readonly folderId: string;
  readonly uid: number;
  readonly receivedAt: Date;
}

/** What the SMTP envelope says. Bcc recipients are in `to` and nowhere else. */
export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
}

/** Out-of-office replies. */
export interface AutoReply {
  /** `scheduled`: from `startMs` to `endMs`, milliseconds since 1970. */
  readonly state: 'off' | 'on' | 'scheduled';
  readonly startMs?: number;
  readonly endMs?: number;
  /** To who writes from the organisation's own domain. */
  readonly internal?: AutoReplyMessage;
  /** To everybody else. */
  readonly external?: AutoReplyMessage;
  /** To those of everybody else whom the user knows: kept for the device's sake, since mail systems cannot tell who that is. */
  readonly externalKnown?: AutoReplyMessage;
}

export interface AutoReplyMessage {
  readonly isEnabled: boolean;
  readonly text: string;
  readonly isHtml: boolean;
}

/** When somebody cannot be met. Milliseconds since 1970, `toMs` exclusive. */
export interface BusyTime {
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: 'tentative' | 'busy' | 'away';
}

/** Where a folder stood when it was looked at: who knows it so need not look again. */
export interface Standing {
  /** As `changes` tells it. */
  readonly modseq: string;
  /** On the monotonic clock, in milliseconds; not after the look began. */
  readonly asOf: number;
}

export type FolderEvent =
  | ({ readonly kind: 'changed'; readonly folderId: string } & Partial<Standing>)
  /** A watched folder that is looked at now and then is as it was at the last look. */
  | ({ readonly kind: 'unchanged'; readonly folderId: string } & Standing)
  /** Folders came, went or were renamed. */
  | { readonly kind: 'hierarchy' }
  /** From now on nothing is told at once. */
  | { readonly kind: 'interrupted' }
  /** Watching goes on after an interruption: anything may have changed. */
  | { readonly kind: 'resumed' };

export interface Watch {
  /** Replaces the set of watched folders. The inbox is watched by push where the backend can. */
  update(folderIds: readonly string[]): void;
  close(): Promise<void>;
}

/**
 * One user's mailbox. Methods may be called concurrently; they throw BackendError. A UID is valid within the folder's
 * `validity`; naming one that is gone is never an error: it is left out of the result. Where a method takes a `validity` it is
 * the one in which the UIDs are meant: under any other they are all gone.
 */
export interface Mailbox {
  readonly account: Account;
  readonly capabilities: Capabilities;
  /** Where the items of folders of other classes than Email are; undefined: the mail system has no such folders. */
  readonly resources?: ResourceStore;

  folders(): Promise<readonly Folder[]>;
  /** For mail, if nothing else is said. */
  createFolder(name: string, parentId: string | undefined, kind?: FolderKind, itemClass?: ItemClass): Promise<Folder>;
  renameFolder(id: string, name: string, parentId: string | undefined): Promise<Folder>;
  /** With everything in it. */
  deleteFolder(id: string): Promise<void>;

  /** What is in the folder now that was not at `since`. Without `since`, everything that arrived on or after `arrivedAfter`. */
  changes(folderId: string, since?: FolderPosition, arrivedAfter?: Date): Promise<FolderChanges>;
  /**
   * In as few round trips as the backend can; results come in the order of `uids`, those gone left out. `onMessage` may be told of
   * each as soon as all of it is there, in any order, and again where a connection was lost.
   */
  fetch(
    folderId: string,
    uids: readonly number[],
    plan: FetchPlan,
    onMessage?: (message: FetchedMessage) => void,
  ): Promise<readonly FetchedMessage[]>;
  /** Adds and removes flags; tells the UIDs that still existed. */
  updateFlags(
    folderId: string,
    uids: readonly number[],
    change: { readonly add?: MessageFlags; readonly remove?: MessageFlags },
    validity?: string,
  ): Promise<readonly number[]>;
  /** Old UID → new UID in the target, as far as the server tells (COPYUID or by Message-ID). */
  move(
    folderId: string,
    uids: readonly number[],
    targetId: string,
    validity?: string,
  ): Promise<ReadonlyMap<number, number>>;
  /** Removed for good, whoever's flags say what. */
  remove(folderId: string, uids: readonly number[], validity?: string): Promise<void>;
  append(
    folderId: string,
    message: Uint8Array,
    options: { readonly flags: MessageFlags; readonly receivedAt?: Date },
  ): Promise<{ readonly uid: number; readonly validity: string }>;
  /** UIDs of the messages with this Message-ID (angle brackets included). */
  findMessageId(folderId: string, messageId: string): Promise<readonly number[]>;
  /** Newest first. */
  search(folderIds: readonly string[], query: SearchQuery, limit: number): Promise<readonly Hit[]>;

  /**
   * Submission. Resolves when the mail system has taken responsibility; BackendError('rejected') if it never will. `signal`
   * breaks it off where there is something to break off: 'unavailable' then.
   */
  submit(envelope: Envelope, message: Uint8Array, signal?: AbortSignal): Promise<void>;

  /** Both absent unless `canAutoReply`. */
  autoReply?(): Promise<AutoReply>;
  setAutoReply?(reply: AutoReply): Promise<void>;

  /** When somebody of the organisation is busy, by their address; undefined where that cannot be known. Absent without calendars. */
  freeBusy?(address: string, fromMs: number, toMs: number): Promise<readonly BusyTime[] | undefined>;

  /** One a user. Events may be coalesced and spurious, never lost. */
  watch(listener: (event: FolderEvent) => void): Promise<Watch>;
  close(): Promise<void>;
}
