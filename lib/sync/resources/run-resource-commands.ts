/**
 * What a device did to the resources of a collection, carried out once. Every write is conditional on what was read, so that
 * nobody's change is lost unseen; a command that a server carried out and did not live to record finds its own work.
 */
import { createHash } from 'node:crypto';
import type { Resource } from '../../backends/index.ts';
import type { ItemFailure } from '../collection-answer.ts';
import type { Announce, ClientCommand, CollectionOptions } from '../collection-request.ts';
import { type CommandSite, failureOf, locate, mustHold, replayed, toldText } from '../mail/client-commands.ts';
import type { Effect, StoredResult } from '../mail/collection-state.ts';
import { printOf } from '../mail/print-table.ts';
import type { CommandRun } from '../mail/run-commands.ts';
import { formatServerId } from '../server-id.ts';
import { isSameResource } from './same-resource.ts';
import type { ResourceSource } from './resource-source.ts';

export interface ResourceSite extends CommandSite {
  readonly source: ResourceSource;
  readonly options: CollectionOptions;
  readonly now: Date;
  readonly announce: Announce | undefined;
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

/**
 * The name is derived from the command: a repetition finds what it made. Others are told of what is kept already: an invitation to
 * an event that the server would not have cannot be taken back.
 */
async function create(site: ResourceSite, { digest, clientId, make }: CreateCommand): Promise<StoredResult> {
  const failed = (failure: ItemFailure): StoredResult => ({ digest, kind: 'add', clientId, failure, isAnswered: true });
  const { folder, source } = site;
  const collectionId = folder.backendId;
  if (collectionId === undefined) return failed('forbidden');
  const uid = derivedUid([...site.occasion, digest]);
  const made = make(undefined, contextOf(site, uid));
  if ('failure' in made) return failed(made.failure);
  const name = `${uid}${folder.itemClass === 'Contacts' ? '.vcf' : '.ics'}`;
  try {
    mustHold(site.lease);
    const put = await source.store.put(collectionId, name, made.text, 'new');
    const id = source.adopt(collectionId, name);
    const etag = put.kind === 'stored' ? put.etag : (await source.store.read(collectionId, [name]))[0]?.etag;
    await announce(site, digest, undefined, made.text);
    const effect = effectOf(site, id, etag);
    const serverId = formatServerId(folder.id, site.snapshot.mark, id);
    return { digest, kind: 'add', clientId, serverId, effect, isAnswered: true };
  } catch (error) {
    return failed(failureOf(error));
  }
}

/** Others are told first: a server that dies in between leaves everything to a repetition, which tells nobody twice. */
async function edit(site: ResourceSite, command: EditCommand, own: ReadonlyMap<number, string>): Promise<StoredResult> {
  const { digest, serverId, make } = command;
  const result: StoredResult = { digest, kind: 'change', serverId, isAnswered: true };
  const failed = (failure: ItemFailure): StoredResult => ({ ...result, failure });
  const place = locate(site, serverId);
  const collectionId = site.folder.backendId;
  if (typeof place === 'string' || collectionId === undefined) return failed('not-found');
  try {
    let isTold = false;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const [current] = await site.source.read(collectionId, [place.uid]);
      if (!current) return failed('not-found');
      const made = make(current.text, contextOf(site, ''));
      if ('failure' in made) return failed(made.failure);
      const done: StoredResult = { ...result, isRewritten: true, effect: effectOf(site, place.uid, current.etag) };
      if (isSameResource(made.text, current.text)) return done;
      if (site.conflict === 'server' && !isTold && !isAsTold(site, place.uid, current, own)) return failed('conflict');
      isTold = (await announce(site, digest, current.text, made.text)) || isTold;
      mustHold(site.lease);
      const { name, etag } = current;
      const put = await site.source.store.put(collectionId, name, made.text, { etag });
      if (put.kind === 'conflict') continue;
      return { ...done, effect: effectOf(site, place.uid, put.etag) };
    }
    return failed('conflict');
  } catch (error) {
    return failed(failureOf(error));
  }
}

async function remove(
  site: ResourceSite,
  { digest, serverId }: DeleteCommand,
  own: ReadonlyMap<number, string>,
): Promise<StoredResult> {
  const result: StoredResult = { digest, kind: 'delete', serverId, isAnswered: true };
  const place = locate(site, serverId);
  const collectionId = site.folder.backendId;
  if (place === 'foreign' || collectionId === undefined) return { ...result, failure: 'not-found' };
  if (place === 'gone') return result;
  // The device has it no more, whatever comes of it.
  const effect: Effect = { mark: site.snapshot.mark, uid: place.uid };
  const name = site.source.nameOf(collectionId, place.uid);
  if (name === undefined) return { ...result, effect };
  try {
    let etag: string | undefined;
    if (site.conflict === 'server' || site.announce) {
      const [current] = await site.source.store.read(collectionId, [name]);
      const isOther = current && site.conflict === 'server' && !isAsTold(site, place.uid, current, own);
      if (isOther) return { ...result, effect, failure: 'conflict' };
      const isTold = current !== undefined && (await announce(site, digest, current.text, undefined));
      // What is cancelled goes, whatever was written to it meanwhile.
      etag = isTold || site.conflict === 'client' ? undefined : current?.etag;
    }
    mustHold(site.lease);
    const removed = await site.source.store.remove(collectionId, name, etag);
    return removed === 'conflict' ? { ...result, effect, failure: 'conflict' } : { ...result, effect };
  } catch (error) {
    return { ...result, failure: failureOf(error) };
  }
}

async function announce(
  { announce: tell, lease, occasion }: ResourceSite,
  digest: string,
  before: string | undefined,
  after: string | undefined,
): Promise<boolean> {
  if (!tell) return false;
  mustHold(lease);
  return tell(before, after, [...occasion, digest].join(':'));
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

/** In the form of a UUID, for servers that expect one. */
function derivedUid(occasion: readonly string[]): string {
  const hex = createHash('sha256').update(occasion.join('\n')).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
