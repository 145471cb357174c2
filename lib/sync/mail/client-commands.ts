/**
 * What a device did to a mail folder, carried out once: repeated commands are known by their digest and answered as before,
 * and whatever was done but not recorded when a server died can be done again without harm (rules 1, 2 and 10).
 */
import { BackendError, type Mailbox } from '../../backends/index.ts';
import type { Lease } from '../../pool/index.ts';
import { SyncError } from '../errors.ts';
import type { CommandOutcome, ItemFailure } from '../collection-answer.ts';
import type { ClientCommand } from '../collection-request.ts';
import { parseServerId } from '../server-id.ts';
import type { FolderEntry } from '../folders/folder-registry.ts';
import type { StoredResult } from './collection-state.ts';
import { DELETED_FLAG, flagsOfText, flagText } from './flag-sets.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';
import type { Holding } from './holding.ts';

export interface CommandSite {
  readonly mailbox: Mailbox;
  readonly lease: Lease;
  readonly folder: FolderEntry;
  readonly snapshot: FolderSnapshot;
  /** What the device held when it issued the commands. */
  readonly holding: Holding;
  readonly conflict: 'server' | 'client';
  readonly deletesAsMoves: boolean;
  /** Names this very attempt of the device and all its repetitions: Message-IDs of what it adds are derived from it. */
  readonly occasion: readonly string[];
  /** Results recorded under the key that the device came with. */
  readonly stored: readonly StoredResult[];
  /** The trash folder, made if it is missing; its view goes stale. */
  readonly trash: () => Promise<string | undefined>;
  /** Flags of messages that the snapshot lacks and the mailbox has: devices find what is older than their filter, or just came. */
  readonly beyond?: ReadonlyMap<number, string>;
}

/** A command that is to be carried out, and where its result goes. */
export interface Job<C extends ClientCommand = ClientCommand> {
  readonly command: C;
  readonly index: number;
}

export type ChangeCommand = Extract<ClientCommand, { kind: 'change' }>;
export type DeleteCommand = Extract<ClientCommand, { kind: 'delete' }>;
export type AddCommand = Extract<ClientCommand, { kind: 'add' }>;
export type FetchCommand = Extract<ClientCommand, { kind: 'fetch' }>;

/** Throws what ends the whole request; gives the failure of a single item otherwise. */
export function failureOf(error: unknown): ItemFailure {
  if (!(error instanceof BackendError)) throw error;
  const { code } = error;
  if (code === 'unavailable' || code === 'rejected-credentials') throw error;
  const isOwn = code === 'over-quota' || code === 'forbidden' || code === 'not-found' || code === 'rejected';
  return isOwn ? code : 'failed';
}

/** To be called right before every effect outside the store. */
export function mustHold(lease: Lease): void {
  if (!lease.isHeld()) throw new SyncError('not-owner', 'the command was not carried out: the lease has ended');
}

/** `gone`: it was a message of this folder; `foreign`: it never was. */
export function locate(site: CommandSite, serverId: string): { readonly uid: number } | 'gone' | 'foreign' {
  const id = parseServerId(serverId);
  if (!id || id.folderId !== site.folder.id) return 'foreign';
  if (id.mark !== site.snapshot.mark) return 'gone';
  return flagTextNow(site, id.uid) === undefined ? 'gone' : { uid: id.uid };
}

/** Undefined: the message is gone. */
export function flagTextNow({ snapshot, beyond }: CommandSite, uid: number): string | undefined {
  return snapshot.flagTextOf(uid) ?? beyond?.get(uid);
}

/** With what the mailbox has of those messages that the snapshot lacks. */
export async function lookBeyond(site: CommandSite, serverIds: readonly string[]): Promise<CommandSite> {
  const missing = new Set(serverIds.flatMap((serverId) => halfGone(site, serverId) ?? []));
  const { backendId } = site.folder;
  if (missing.size === 0 || backendId === undefined) return site;
  const messages = await site.mailbox.fetch(backendId, [...missing], () => []);
  const texts = messages.map(({ uid, flags }) => [uid, flagText(flags)] as const);
  return { ...site, beyond: new Map(texts.filter(([, text]) => !flagsOfText(text).includes(DELETED_FLAG))) };
}

/**
 * The UID of a message that is gone under the ids of now. It may be only half gone: marked as deleted by a server that did not
 * live to expunge it.
 */
export function halfGone(site: CommandSite, serverId: string): number | undefined {
  const id = parseServerId(serverId);
  const { folder, snapshot } = site;
  const isHere = id?.folderId === folder.id && id.mark === snapshot.mark;
  return isHere && flagTextNow(site, id.uid) === undefined ? id.uid : undefined;
}

/** What the device knows of the item, its own changes under a lost answer included: it does not conflict with itself. */
export function toldText({ stored, snapshot, holding }: CommandSite, uid: number): string | undefined {
  const own = stored.findLast(({ effect }) => effect?.uid === uid && effect.mark === snapshot.mark);
  return own?.effect?.flags ?? holding.flagTextOf(uid);
}

export function outcomeOf<T>(result: StoredResult): CommandOutcome<T> | undefined {
  const { kind, serverId, clientId, failure } = result;
  if (failure !== undefined) {
    const of = kind === 'malformed' ? (result.of ?? 'change') : kind;
    return {
      kind: 'failed',
      of,
      failure,
      ...(serverId !== undefined && { serverId }),
      ...(clientId !== undefined && { clientId }),
    };
  }
  if (kind === 'add' && clientId !== undefined && serverId !== undefined) return { kind: 'added', clientId, serverId };
  if (result.isRewritten && serverId !== undefined) return { kind: 'changed', serverId };
  return undefined;
}

/** Results of earlier attempts that answer these commands, by their place in the request. */
export function replayed(
  commands: readonly ClientCommand[],
  stored: readonly StoredResult[],
): ReadonlyMap<number, StoredResult> {
  const byDigest = new Map(stored.map((result) => [result.digest, result]));
  const lastOf = new Map(stored.filter(isFlagChange).map((result) => [result.serverId, result.digest]));
  const asked = new Set(commands.map((command) => command.digest));
  const found = new Map<number, StoredResult>();
  for (const [index, command] of commands.entries()) {
    const result = command.kind === 'fetch' ? undefined : byDigest.get(command.digest);
    if (!result) continue;
    // Read, then unread, then read again under one key: the last is no repetition of the first.
    const isOvertaken = isFlagChange(result) && !asked.has(lastOf.get(result.serverId) ?? '');
    if (!isOvertaken) found.set(index, result);
  }
  return found;
}

function isFlagChange(result: StoredResult): boolean {
  return result.kind === 'change' && result.failure === undefined && !result.isRewritten;
}
