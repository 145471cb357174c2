/** An answer to a meeting that is in the calendar already, from 14.1 on: to all of it, or to one occurrence. */
import type { SyncItem } from '../../../sync/index.ts';
import { answerMeeting, hadInstance, meetingFacts, startOfInstance } from '../../items/index.ts';
import { atLeast, CommonStatus } from '../../protocol/index.ts';
import { withoutMeeting } from './decline.ts';
import type { AnswerWanted } from './read-request.ts';
import {
  type Answered,
  type AnswerSite,
  invalid,
  isServersToSend,
  MeetingRefusal,
  meetingContextOf,
  sendAnswer,
  wasAnswerSent,
} from './site.ts';

/** What the user may have said before. */
const EARLIER = ['NEEDS-ACTION', 'ACCEPTED', 'TENTATIVE', 'DECLINED', ''];

export async function answerEvent(wanted: AnswerWanted, item: SyncItem, site: AnswerSite): Promise<Answered> {
  const { user } = site.context;
  // R6068, R7509, R7510
  if (!atLeast(site.version, '14.1')) throw invalid();
  const { answer, reply } = wanted;
  const calendarId = await user.rewriteResource(item.folder, { id: item.uid }, async (stored) => {
    if (stored === undefined) {
      // Declined before, and the answer was lost.
      if (answer === 'declined' && !wanted.instance) return undefined;
      throw invalid();
    }
    const facts = meetingFacts(stored, user.account);
    if (!facts.canBeAnswered) throw invalid();
    const meeting = meetingContextOf(site);
    const context = { version: site.version, account: meeting.account, zone: meeting.zone };
    const instance = wanted.instance && startOfInstance(stored, wanted.instance, context);
    if (instance && !facts.isRecurring) throw new MeetingRefusal(CommonStatus.noRecurrenceInCalendar);
    if (instance && !hadInstance(stored, instance, meeting.zone)) throw invalid();
    const { source, message } = answerMeeting(stored, { answer, instance, ...reply }, meeting);
    if (reply && message && !isServersToSend(message, site)) {
      const idAfter = (before: string): string => `${item.serverId}:${wanted.digest}:${instance ? '' : before}`;
      const wasSaid = facts.answer === answer.toUpperCase() && (await wasSaidAfter(EARLIER.map(idAfter), site));
      if (wasSaid) return stored;
      await sendAnswer(message, idAfter(facts.answer ?? ''), site);
    }
    return answer === 'declined' ? withoutMeeting(stored, instance, site) : source;
  });
  return { calendarId: answer === 'declined' ? undefined : calendarId };
}

/** The answer was kept, but what the device was told of it was lost. */
async function wasSaidAfter(ids: readonly string[], site: AnswerSite): Promise<boolean> {
  for (const id of ids) if (await wasAnswerSent(id, site)) return true;
  return false;
}
