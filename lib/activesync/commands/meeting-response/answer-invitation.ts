/** An answer to an invitation in the mail: the event is made or changed in the calendar, and the invitation goes to the trash. */
import type { SyncItem } from '../../../sync/index.ts';
import {
  answerMeeting,
  applyRequest,
  instanceOfInvitation,
  invitationPlan,
  invitationText,
  meetingFacts,
} from '../../items/index.ts';
import { calendarWith } from '../meeting-calendar.ts';
import { withoutMeeting } from './decline.ts';
import type { AnswerWanted } from './read-request.ts';
import { type Answered, type AnswerSite, invalid, isServersToSend, meetingContextOf, sendAnswer } from './site.ts';

/**
 * Each step finds its own work when a request is sent again: the mail is known to the outbox, the event says already what it is
 * to say, and the invitation is followed to where it went.
 */
export async function answerInvitation(wanted: AnswerWanted, item: SyncItem, site: AnswerSite): Promise<Answered> {
  const { user } = site.context;
  // R4185: a message has no instances.
  if (wanted.instance) throw invalid();
  const { text: invitation, isThere } = await invitationOf(item, site);
  const facts = meetingFacts(invitation, user.account);
  if (!facts.canBeAnswered || facts.uid === '') throw invalid();
  const meeting = meetingContextOf(site);
  const occurrence = instanceOfInvitation(invitation, meeting.zone);
  const calendar = (await calendarWith(facts.uid, site.context)) ?? site.calendar;
  const calendarId = await user.rewriteResource(calendar, { uid: facts.uid }, async (stored) => {
    const known = stored === undefined ? undefined : meetingFacts(stored, user.account);
    if (known && !known.canBeAnswered) throw invalid();
    const merged = applyRequest(stored, invitation, user.account) ?? stored ?? invitation;
    // An occurrence that came without its series stands for itself.
    const instance = known?.isRecurring ? occurrence : undefined;
    const { answer, reply, digest } = wanted;
    const { source, message } = answerMeeting(merged, { answer, instance, ...reply }, meeting);
    // What was never in the calendar cannot be declined there.
    const isKept = stored !== undefined || answer !== 'declined';
    if (reply && message && !(isKept && isServersToSend(message, site)))
      await sendAnswer(message, `${item.serverId}:${digest}`, site);
    if (answer !== 'declined') return known?.answer === answer.toUpperCase() && merged === stored ? stored : source;
    return withoutMeeting(merged, instance, site);
  });
  if (isThere) await toTrash(item, site);
  return { calendarId: wanted.answer === 'declined' ? undefined : calendarId };
}

async function invitationOf(
  item: SyncItem,
  site: AnswerSite,
): Promise<{ readonly text: string; readonly isThere: boolean }> {
  const text = await read(item, site);
  if (text !== undefined) return { text, isThere: true };
  const { user, device } = site.context;
  // Answered before, and the answer was lost: it is in the trash, or it never was.
  const trash = await user.folderOfKind('trash');
  const isElsewhere = trash && trash.id !== item.folder.id && !(await isKept(item, site));
  const moved = isElsewhere ? await device.move(item.serverId, item.folder.id, trash.id) : undefined;
  const there = moved?.kind === 'moved' ? await user.item(moved.serverId) : undefined;
  const kept = there && (await read(there, site));
  if (kept === undefined) throw invalid();
  return { text: kept, isThere: false };
}

const isKept = async (item: SyncItem, { context }: AnswerSite): Promise<boolean> =>
  (await context.user.fetch([item], () => [])).has(item.serverId);

async function read(item: SyncItem, { context }: AnswerSite): Promise<string | undefined> {
  const message = (await context.user.fetch([item], invitationPlan)).get(item.serverId);
  return message && invitationText(message);
}

/** It is answered: that it stays in the inbox, if it does, is no failure that the device should hear of. */
async function toTrash({ serverId, folder }: SyncItem, { context: { user, device, log } }: AnswerSite): Promise<void> {
  const trash = await user.folderOfKind('trash');
  if (!trash || trash.id === folder.id) return;
  const moved = await device.move(serverId, folder.id, trash.id);
  if (moved.kind === 'refused') log.warn({ item: serverId, reason: moved.reason }, 'An invitation stays where it was');
}
