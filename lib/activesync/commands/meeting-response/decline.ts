/** What is left of an event that is declined: nothing, or the series without the occurrence (MS-ASCMD 3.1.5.6). */
import { resourceCodec } from '../../items/index.ts';
import { type AnswerSite, meetingContextOf } from './site.ts';

export function withoutMeeting(source: string, instance: Date | undefined, site: AnswerSite): string | undefined {
  if (!instance) return undefined;
  const { account, now, zone } = meetingContextOf(site);
  const codec = resourceCodec('Calendar');
  return codec.deleteOccurrence?.(source, instance, { version: '14.1', account, zone, now, uid: '' });
}
