/** SendMail, SmartReply and SmartForward, in the newest form and the oldest. */
import { expect } from 'vitest';
import { type DeviceClient } from '../../../../lib/activesync/client/index.ts';
import { type ProtocolVersion } from '../../../../lib/activesync/index.ts';
import { messagesWith } from '../mailbox.ts';
import { type Scenario, inboxOf, itemNamed, withMail, letterFrom, SENT_ONCE } from './scenario.ts';

/** Sending; `how` gives the device's call. */
function sending(
  name: 'SendMail' | 'SmartReply' | 'SmartForward',
  version: ProtocolVersion,
  mark: string | undefined,
  how: (phone: DeviceClient, mime: Uint8Array, source: { collectionId: string; itemId: string }) => Promise<void>,
): Scenario {
  return {
    title: name,
    command: name,
    version,
    sends: true,
    prepare: async (part) => {
      const { stage, user, phone } = part;
      const [original = ''] = await withMail(part, 1);
      const subject = stage.name('sent');
      const mime = await letterFrom(user, subject);
      const source = { collectionId: inboxOf(phone), itemId: itemNamed(phone, inboxOf(phone), original).serverId };
      return {
        act: () => how(phone, mime, source),
        check: (contents) => {
          SENT_ONCE(stage, subject, contents);
          if (mark !== undefined) expect([...(messagesWith(contents, original)[0]?.flags ?? [])]).toContain(mark);
        },
      };
    },
  };
}

export const SENDING: readonly Scenario[] = (['16.1', '12.1'] as const).flatMap((version) => [
  sending('SendMail', version, undefined, (phone, mime) => phone.sendMail({ mime, clientId: 'send-1' })),
  sending('SmartReply', version, '\\Answered', (phone, mime, source) =>
    phone.smartReply({ mime, source, clientId: 'reply-1' }),
  ),
  sending('SmartForward', version, '$Forwarded', (phone, mime, source) =>
    phone.smartForward({ mime, source, clientId: 'forward-1' }),
  ),
]);
