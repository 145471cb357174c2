/** Flags that a device changed, in as few calls as there are kinds of change; and drafts that it rewrote. */
import type { MessageFlags } from '../../backends/index.ts';
import { derivedMessageId, withMessageId } from '../../outbox/index.ts';
import type { MessageChange } from '../collection-request.ts';
import {
  type ChangeCommand,
  type CommandSite,
  failureOf,
  flagTextNow,
  halfGone,
  type Job,
  locate,
  lookBeyond,
  mustHold,
  toldText,
} from './client-commands.ts';
import type { StoredResult } from './collection-state.ts';
import { changedFlags, flagsOfText, flagText, SEEN_FLAG } from './flag-sets.ts';

interface FlagChange {
  readonly add: MessageFlags;
  readonly remove: MessageFlags;
}

type Report = (index: number, result: StoredResult) => void;

export async function runChanges(
  given: CommandSite,
  jobs: readonly Job<ChangeCommand>[],
  report: Report,
): Promise<void> {
  const site = await lookBeyond(
    given,
    jobs.map(({ command }) => command.serverId),
  );
  const seen = new Set<string>();
  const together: Job<ChangeCommand>[] = [];
  const afterwards: Job<ChangeCommand>[] = [];
  for (const job of jobs) {
    const { serverId, change } = job.command;
    const isFirst = !seen.has(serverId) && change.rewrite === undefined;
    (isFirst ? together : afterwards).push(job);
    seen.add(serverId);
  }
  const told = new Map<number, string>();
  await runFlagChanges(site, together, told, report);
  for (const job of afterwards) {
    if (job.command.change.rewrite) await rewrite(site, job, report);
    else await runFlagChanges(site, [job], told, report);
  }
}

async function runFlagChanges(
  site: CommandSite,
  jobs: readonly Job<ChangeCommand>[],
  told: Map<number, string>,
  report: Report,
): Promise<void> {
  const groups = new Map<string, { flags: FlagChange; jobs: { job: Job<ChangeCommand>; uid: number }[] }>();
  for (const job of jobs) {
    const { serverId, change } = job.command;
    const place = locate(site, serverId);
    if (typeof place === 'string') {
      report(job.index, failed(job.command, 'not-found'));
      continue;
    }
    const current = flagsOfText(told.get(place.uid) ?? flagTextNow(site, place.uid) ?? '');
    const flags = flagChangeOf(change, current);
    if (site.conflict === 'server' && !told.has(place.uid) && conflicts(site, place.uid, flags)) {
      report(job.index, failed(job.command, 'conflict'));
      continue;
    }
    const signature = JSON.stringify([flags.add, flags.remove]);
    const group = groups.get(signature);
    if (group) group.jobs.push({ job, uid: place.uid });
    else groups.set(signature, { flags, jobs: [{ job, uid: place.uid }] });
  }
  for (const { flags, jobs: members } of groups.values()) {
    const survivors = await updateFlags(site, members, flags);
    for (const { job, uid } of members) {
      if (typeof survivors === 'string' || !survivors.has(uid)) {
        report(job.index, failed(job.command, typeof survivors === 'string' ? survivors : 'not-found'));
        continue;
      }
      const before = told.get(uid) ?? site.holding.flagTextOf(uid);
      const text =
        before === undefined ? undefined : flagText(changedFlags(flagsOfText(before), flags.add, flags.remove));
      if (text !== undefined) told.set(uid, text);
      const { digest, serverId } = job.command;
      const effect = text === undefined ? undefined : { mark: site.snapshot.mark, uid, flags: text };
      report(job.index, { digest, kind: 'change', serverId, isAnswered: true, ...(effect && { effect }) });
    }
  }
}

async function updateFlags(
  site: CommandSite,
  members: readonly { readonly uid: number }[],
  flags: FlagChange,
): Promise<ReadonlySet<number> | ReturnType<typeof failureOf>> {
  const uids = members.map(({ uid }) => uid);
  if (flags.add.length + flags.remove.length === 0) return new Set(uids);
  mustHold(site.lease);
  try {
    return new Set(await site.mailbox.updateFlags(site.folder.backendId ?? '', uids, flags, site.snapshot.validity));
  } catch (error) {
    return failureOf(error);
  }
}

function flagChangeOf({ read, add = [], remove = [], adjust }: MessageChange, current: MessageFlags): FlagChange {
  const adjusted = adjust?.(current) ?? { add: [], remove: [] };
  return {
    add: [...new Set([...add, ...adjusted.add, ...(read === true ? [SEEN_FLAG] : [])])],
    remove: [...new Set([...remove, ...adjusted.remove, ...(read === false ? [SEEN_FLAG] : [])])],
  };
}

/** The server changed since the device was told the very flag that the device wants otherwise (MS-ASCMD 2.2.3.34). */
function conflicts(site: CommandSite, uid: number, wanted: FlagChange): boolean {
  const now = flagSet(flagTextNow(site, uid) ?? '');
  const told = toldText(site, uid);
  if (told === undefined) return false;
  const before = flagSet(told);
  const differs = (flag: string, value: boolean) => now.has(flag) !== before.has(flag) && now.has(flag) !== value;
  return (
    wanted.add.some((flag) => differs(flag.toLowerCase(), true)) ||
    wanted.remove.some((flag) => differs(flag.toLowerCase(), false))
  );
}

function flagSet(text: string): Set<string> {
  return new Set(flagsOfText(text.toLowerCase()));
}

/** IMAP cannot change a message: the new one is appended, then the old one goes; devices see a deletion and a new item. */
async function rewrite(site: CommandSite, job: Job<ChangeCommand>, report: Report): Promise<void> {
  const { command } = job;
  const folderId = site.folder.backendId ?? '';
  const messageId = derivedMessageId(undefined, ...site.occasion, command.digest);
  const place = locate(site, command.serverId);
  if (site.folder.kind !== 'drafts') return report(job.index, failed(command, 'forbidden'));
  try {
    const done = await site.mailbox.findMessageId(folderId, messageId);
    if (typeof place === 'string') {
      // The old one is gone: by this very command, if the new one is there.
      const uid = done.length > 0 ? halfGone(site, command.serverId) : undefined;
      if (uid !== undefined) await site.mailbox.remove(folderId, [uid], site.snapshot.validity);
      return report(job.index, done.length > 0 ? rewritten(command) : failed(command, 'not-found'));
    }
    if (done.length === 0) {
      const [original] = await site.mailbox.fetch(folderId, [place.uid], () => [{ path: '' }]);
      const bytes = original?.parts.get('')?.bytes;
      if (!original || !bytes) return report(job.index, failed(command, 'not-found'));
      const message = await command.change.rewrite?.(bytes);
      const { add, remove } = flagChangeOf(command.change, original.flags);
      mustHold(site.lease);
      await site.mailbox.append(folderId, withMessageId(message ?? bytes, messageId), {
        flags: changedFlags(original.flags, add, remove),
      });
    }
    mustHold(site.lease);
    await site.mailbox.remove(folderId, [place.uid], site.snapshot.validity);
    report(job.index, rewritten(command));
  } catch (error) {
    report(job.index, failed(command, failureOf(error)));
  }
}

function rewritten({ digest, serverId }: ChangeCommand): StoredResult {
  return { digest, kind: 'change', serverId, isRewritten: true, isAnswered: true };
}

function failed({ digest, serverId }: ChangeCommand, failure: ReturnType<typeof failureOf>): StoredResult {
  return { digest, kind: 'change', serverId, failure, isAnswered: true };
}
