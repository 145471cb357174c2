/**
 * What a device did to the resources of a collection, carried out once. Every write is conditional on what was read, so that
 * nobody's change is lost unseen; a command that a server carried out and did not live to record finds its own work.
 */
import { createHash } from 'node:crypto';
import { BackendError, type Resource } from '../../backends/index.ts';
import type { Log } from '../../platform/index.ts';
import type { ItemFailure } from '../collection-answer.ts';
import type { Announcer, ClientCommand, CollectionOptions } from '../collection-request.ts';
import { type CommandSite, failureOf, locate, mustHold, replayed, toldText } from '../mail/client-commands.ts';
import type { Effect, StoredResult } from '../mail/collection-state.ts';
import { printOf } from '../mail/print-table.ts';
import type { CommandRun } from '../mail/run-commands.ts';
import { formatServerId } from '../server-id.ts';
import type { Announcement, Announcements, Telling } from './announcements.ts';
import { isSameResource } from './same-resource.ts';
import type { ResourceSource } from './resource-source.ts';

export interface ResourceSite extends CommandSite {
  readonly source: ResourceSource;
  readonly options: CollectionOptions;
  readonly now: Date;
  readonly announcements: Announcements;
  /** Undefined: nobody is to be told of anything. */
  readonly announcer: Announcer | undefined;
  /** Where the server fails at one item: the device is told to repeat the request, or else that this item is none. */
  readonly mayRepeat: boolean;
  readonly log: Log;
}

type CreateCommand = Extract<ClientCommand, { kind: 'create' }>;
type EditCommand = Extract<ClientCommand, { kind: 'edit' }>;
type DeleteCommand = Extract<ClientCommand, { kind: 'delete' }>;

/** Somebody else writes at the same time: read and tried again so often. */
const ATTEMPTS = 3;
/** A print that no etag is known to have: what the device has is not what the server has. */
const UNKNOWN_PRINT = '0';

export async function runResourceCommands(site: ResourceSite, commands: readonly ClientCommand[]): Promise<CommandRun> {
  const results = new Map(replayed(commands, site.stored));
  /** Of this request's commands: what the device knows it made of an item. */
  const own = new Map<number, string>();
  let hasEffects = false;
  await tellRest(site);
  for (const [index, command] of commands.entries()) {
    if (results.has(index) || command.kind === 'fetch') continue;
    const result = await run(site, command, own);
    hasEffects ||= result.kind !== 'malformed';
    if (result.effect?.flags !== undefined) own.set(result.effect.uid, result.effect.flags);
    results.set(index, result);
  }
  return { results, hasEffects };
}

async function run(
  site: ResourceSite,
  command: Exclude<ClientCommand, { kind: 'fetch' }>,
  own: ReadonlyMap<number, string>,
): Promise<StoredResult> {
  switch (command.kind) {
    case 'create':
      return create(site, command);
    case 'edit':
      return edit(site, command, own);
    case 'delete':
      return remove(site, command, own);
    case 'malformed':
      return { ...command, failure: 'malformed', isAnswered: true };
    case 'add': {
      const { digest, clientId } = command;
      return { digest, kind: 'add', clientId, failure: 'forbidden', isAnswered: true };
    }
    case 'change': {
      const { digest, serverId } = command;
      return { digest, kind: 'change', serverId, failure: 'forbidden', isAnswered: true };
    }
  }
}

/** The name is derived from the command: a repetition finds what it made. */
async function create(site: ResourceSite, command: CreateCommand): Promise<StoredResult> {
  const { digest, clientId, make } = command;
  const failed = (failure: ItemFailure): StoredResult => ({ digest, kind: 'add', clientId, failure, isAnswered: true });
  const { folder, source } = site;
  const collectionId = folder.backendId;
  if (collectionId === undefined) return failed('forbidden');
  const uid = uidOf(site, digest);
  const made = make(undefined, contextOf(site, uid));
  if ('failure' in made) return failed(made.failure);
  const name = nameFor(site, uid);
  let telling: Telling | undefined;
  try {
    telling = await tellingOf(site, { kind: 'create', digest, collectionId, name });
    await telling?.prepare(undefined, made.text);
    mustHold(site.lease);
    const put = await source.store.put(collectionId, name, made.text, 'new');
    const id = source.adopt(collectionId, name);
    const etag = put.kind === 'stored' ? put.etag : (await source.store.read(collectionId, [name]))[0]?.etag;
    await telling?.finish(made.text);
    const effect = effectOf(site, id, etag);
    const serverId = formatServerId(folder.id, site.snapshot.mark, id);
    return { digest, kind: 'add', clientId, serverId, effect, isAnswered: true };
  } catch (error) {
    const failure = refused(site, command, error);
    await telling?.discard();
    return failed(failure);
  } finally {
    telling?.release();
  }
}

async function edit(site: ResourceSite, command: EditCommand, own: ReadonlyMap<number, string>): Promise<StoredResult> {
  const { digest, serverId, make } = command;
  const result: StoredResult = { digest, kind: 'change', serverId, isAnswered: true };
  const failed = (failure: ItemFailure): StoredResult => ({ ...result, failure });
  const place = locate(site, serverId);
  const collectionId = site.folder.backendId;
  if (typeof place === 'string' || collectionId === undefined) return failed('not-found');
  const name = site.source.nameOf(collectionId, place.uid) ?? '';
  const uid = uidOf(site, digest);
  /** The name of one that was made beside it. */
  let further: string | undefined;
  let telling: Telling | undefined;
  try {
    telling = await tellingOf(site, { kind: 'edit', digest, collectionId, name });
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const [current] = await site.source.read(collectionId, [place.uid]);
      if (!current) return failed('not-found');
      const made = make(current.text, contextOf(site, uid));
      if ('failure' in made) return failed(made.failure);
      const known = (etag: string | undefined) => effectOf(site, place.uid, made.isOther ? undefined : etag);
      const done: StoredResult = { ...result, isRewritten: true, effect: known(current.etag) };
      if (isSameResource(made.text, current.text)) {
        await telling?.finish(current.text);
        return done;
      }
      if (site.conflict === 'server' && !isAsTold(site, place.uid, current, own)) break;
      await telling?.prepare(current.text, made.text);
      mustHold(site.lease);
      if (made.further !== undefined) {
        further = nameFor(site, uid);
        // One that is there is of an earlier attempt.
        await site.source.store.put(collectionId, further, made.further, 'new');
        mustHold(site.lease);
      }
      const put = await site.source.store.put(collectionId, current.name, made.text, { etag: current.etag });
      if (put.kind === 'conflict') continue;
      await telling?.finish(made.text);
      return { ...done, effect: known(put.etag) };
    }
    if (further !== undefined) await takeBack(site, collectionId, further);
    await telling?.discard();
    return failed('conflict');
  } catch (error) {
    const failure = refused(site, command, error);
    if (further !== undefined) await takeBack(site, collectionId, further);
    await telling?.discard();
    // The device shows what the server will not have, in the calendar of another perhaps: it is told what there is.
    return { ...failed(failure), effect: effectOf(site, place.uid, undefined) };
  } finally {
    telling?.release();
  }
}

async function remove(
  site: ResourceSite,
  command: DeleteCommand,
  own: ReadonlyMap<number, string>,
): Promise<StoredResult> {
  const { digest, serverId } = command;
  const result: StoredResult = { digest, kind: 'delete', serverId, isAnswered: true };
  const place = locate(site, serverId);
  const collectionId = site.folder.backendId;
  if (place === 'foreign' || collectionId === undefined) return { ...result, failure: 'not-found' };
  // What is gone may be so by an earlier attempt of this very command: `tellRest` told of it.
  if (place === 'gone') return result;
  // The device has it no more, whatever comes of it.
  const effect: Effect = { mark: site.snapshot.mark, uid: place.uid };
  const name = site.source.nameOf(collectionId, place.uid);
  if (name === undefined) return { ...result, effect };
  const conflict: StoredResult = { ...result, effect, failure: 'conflict' };
  let telling: Telling | undefined;
  try {
    telling = await tellingOf(site, { kind: 'delete', digest, collectionId, name });
    let etag: string | undefined;
    if (site.conflict === 'server' || telling) {
      const [current] = await site.source.store.read(collectionId, [name]);
      const isOther = current && site.conflict === 'server' && !isAsTold(site, place.uid, current, own);
      if (isOther) return conflict;
      if (current) await telling?.prepare(current.text, undefined);
      etag = site.conflict === 'client' ? undefined : current?.etag;
    }
    mustHold(site.lease);
    const removed = await site.source.store.remove(collectionId, name, etag);
    if (removed === 'conflict') {
      await telling?.discard();
      return conflict;
    }
    await telling?.finish(undefined);
    return { ...result, effect };
  } catch (error) {
    const failure = refused(site, command, error);
    await telling?.discard();
    // What is still there comes back to the device that has it no more.
    return { ...result, failure, effect };
  } finally {
    telling?.release();
  }
}

/** One item that the server will not have, or fails at again and again, must not hold up the others. Throws what ends the request. */
function refused(
  { folder, mayRepeat, log }: ResourceSite,
  command: CreateCommand | EditCommand | DeleteCommand,
  error: unknown,
): ItemFailure {
  const isFailed = error instanceof BackendError && error.code === 'failed';
  if (isFailed && mayRepeat) throw error;
  const failure = isFailed ? 'rejected' : failureOf(error);
  const item = command.kind === 'create' ? command.clientId : command.serverId;
  log.warn({ collectionId: folder.id, item, what: command.kind, failure, error }, 'what a device did is refused');
  return failure;
}

/** Undefined: nobody is to be told of anything. */
async function tellingOf(
  { announcements, announcer, lease, occasion }: ResourceSite,
  { digest, ...about }: Omit<Announcement, 'id' | 'before'> & { readonly digest: string },
): Promise<Telling | undefined> {
  if (!announcer) return undefined;
  mustHold(lease);
  const id = createHash('sha256')
    .update([...occasion, digest].join(':'))
    .digest('hex')
    .slice(0, 32);
  return announcements.take(announcer, { ...about, id });
}

/** Of changes that broke off between the writing and the telling. */
async function tellRest({ announcements, announcer, folder: { backendId }, source }: ResourceSite): Promise<void> {
  if (!announcer || backendId === undefined) return;
  const read = async (name: string) => (await source.store.read(backendId, [name]))[0]?.text;
  await announcements.tellRest(announcer, backendId, read);
}

/** What is there is what the device was told, or made itself. */
function isAsTold(site: ResourceSite, id: number, current: Resource, own: ReadonlyMap<number, string>): boolean {
  const told = own.get(id) ?? toldText(site, id);
  return told === undefined || told === printOf(current.etag);
}

function effectOf(site: ResourceSite, id: number, etag: string | undefined): Effect {
  return { mark: site.snapshot.mark, uid: id, flags: etag === undefined ? UNKNOWN_PRINT : printOf(etag) };
}

function contextOf({ now, options }: ResourceSite, uid: string) {
  return { uid, now, supported: options.supported };
}

/** What was made beside an edit that was not. */
const takeBack = async ({ source, log }: ResourceSite, collectionId: string, name: string): Promise<void> => {
  await source.store
    .remove(collectionId, name, undefined)
    .catch((error: unknown) => log.warn({ collectionId, name, error }, 'a resource made beside another stays'));
};

const uidOf = ({ occasion }: ResourceSite, digest: string): string => derivedUid([...occasion, digest]);

const nameFor = ({ folder }: ResourceSite, uid: string): string =>
  `${uid}${folder.itemClass === 'Contacts' ? '.vcf' : '.ics'}`;

/** In the form of a UUID, for servers that expect one. */
function derivedUid(occasion: readonly string[]): string {
  const hex = createHash('sha256').update(occasion.join('\n')).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
