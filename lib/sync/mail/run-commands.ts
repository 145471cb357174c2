/** Carries out the commands of one request and tells their results in the request's order. */
import { derivedMessageId, withMessageId } from '../../outbox/index.ts';
import type { ClientCommand } from '../collection-request.ts';
import { formatServerId } from '../server-id.ts';
import { runChanges } from './change-commands.ts';
import {
  type AddCommand,
  type ChangeCommand,
  type CommandSite,
  type DeleteCommand,
  failureOf,
  halfGone,
  type Job,
  locate,
  mustHold,
  replayed,
} from './client-commands.ts';
import type { StoredResult } from './collection-state.ts';
import { flagText } from './flag-sets.ts';

export interface CommandRun {
  /** One for every command but fetches, by its place in the request. */
  readonly results: ReadonlyMap<number, StoredResult>;
  /** The mailbox was changed: the view has to look again. */
  readonly hasEffects: boolean;
}

type Report = (index: number, result: StoredResult) => void;

export async function runCommands(site: CommandSite, commands: readonly ClientCommand[]): Promise<CommandRun> {
  const results = new Map(replayed(commands, site.stored));
  const adds: Job<AddCommand>[] = [];
  const changes: Job<ChangeCommand>[] = [];
  const deletes: Job<DeleteCommand>[] = [];
  const report: Report = (index, result) => void results.set(index, result);
  for (const [index, command] of commands.entries()) {
    if (results.has(index)) continue;
    if (command.kind === 'add') adds.push({ command, index });
    else if (command.kind === 'change') changes.push({ command, index });
    else if (command.kind === 'delete') deletes.push({ command, index });
    else if (command.kind === 'malformed') report(index, { ...command, failure: 'malformed', isAnswered: true });
  }
  for (const job of adds) report(job.index, await runAdd(site, job.command));
  await runChanges(site, changes, report);
  await runDeletes(site, deletes, report);
  return { results, hasEffects: adds.length + changes.length + deletes.length > 0 };
}

/** 16.x: drafts only (MS-ASCMD 2.2.3.7.2). The Message-ID is derived, and looked for first: a retry appends nothing twice. */
async function runAdd(site: CommandSite, command: AddCommand): Promise<StoredResult> {
  const { digest, clientId } = command;
  const { folder, mailbox } = site;
  if (folder.kind !== 'drafts' || folder.backendId === undefined) {
    return { digest, kind: 'add', clientId, failure: 'forbidden', isAnswered: true };
  }
  const messageId = derivedMessageId(undefined, ...site.occasion, digest);
  try {
    let uid = (await mailbox.findMessageId(folder.backendId, messageId)).at(-1);
    if (uid === undefined) {
      const message = withMessageId(await command.message(), messageId);
      mustHold(site.lease);
      uid = (await mailbox.append(folder.backendId, message, { flags: command.flags })).uid;
    }
    const { mark } = site.snapshot;
    const effect = { mark, uid, flags: flagText(command.flags) };
    return { digest, kind: 'add', clientId, serverId: formatServerId(folder.id, mark, uid), effect, isAnswered: true };
  } catch (error) {
    return { digest, kind: 'add', clientId, failure: failureOf(error), isAnswered: true };
  }
}

async function runDeletes(site: CommandSite, jobs: readonly Job<DeleteCommand>[], report: Report): Promise<void> {
  const there: { job: Job<DeleteCommand>; uid: number }[] = [];
  const gone: number[] = [];
  for (const job of jobs) {
    const { digest, serverId } = job.command;
    const place = locate(site, serverId);
    if (typeof place === 'object') there.push({ job, uid: place.uid });
    else if (place === 'gone') {
      const uid = halfGone(site, serverId);
      if (uid !== undefined) gone.push(uid);
      report(job.index, { digest, kind: 'delete', serverId, isAnswered: true });
    } else report(job.index, { digest, kind: 'delete', serverId, failure: 'not-found', isAnswered: true });
  }
  if (gone.length > 0) await discard(site, gone);
  if (there.length === 0) return;
  const uids = [...new Set(there.map(({ uid }) => uid))];
  const failure = await discard(site, uids);
  for (const { job, uid } of there) {
    const { digest, serverId } = job.command;
    const result = { digest, kind: 'delete', serverId, isAnswered: true } as const;
    report(job.index, failure ? { ...result, failure } : { ...result, effect: { mark: site.snapshot.mark, uid } });
  }
}

async function discard(site: CommandSite, uids: readonly number[]): Promise<ReturnType<typeof failureOf> | undefined> {
  const folderId = site.folder.backendId ?? '';
  try {
    const trash = site.deletesAsMoves && site.folder.kind !== 'trash' ? await site.trash() : undefined;
    mustHold(site.lease);
    const { validity } = site.snapshot;
    if (trash === undefined) await site.mailbox.remove(folderId, uids, validity);
    else await site.mailbox.move(folderId, uids, trash, validity);
    return undefined;
  } catch (error) {
    return failureOf(error);
  }
}
