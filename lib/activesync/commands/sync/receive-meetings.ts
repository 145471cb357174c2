/**
 * What organizers and attendees send by mail, applied to the user's calendar when a device is sent the mail: changes and
 * cancellations of meetings that are in it, and answers to the user's own. Each applies once, whichever devices have the mail and
 * however often: it is the event itself that tells (by SEQUENCE, DTSTAMP and PARTSTAT).
 */
import { BackendError, type FetchedMessage } from '../../../backends/index.ts';
import type { Renderer, SyncFolder } from '../../../sync/index.ts';
import { CaravanError } from '../../../platform/index.ts';
import {
  applyScheduled,
  invitationPlan,
  ItemError,
  type ScheduledMessage,
  scheduledMessage,
} from '../../items/index.ts';
import type { CommandContext } from '../command.ts';

/** Older ones were seen by somebody, or are of the past: a new phone's first Sync does not go through them all. */
const APPLIES_FOR_MS = 14 * 86_400_000;

export interface ReceivedMeetings<T> {
  readonly renderer: Renderer<T>;
  /** Of what was rendered. */
  apply(): Promise<void>;
}

/** Undefined where there is nothing to receive: of other folders than the inbox, and without a calendar. */
export function receiveMeetings<T>(
  renderer: Renderer<T>,
  folder: SyncFolder,
  context: CommandContext,
): ReceivedMeetings<T> | undefined {
  if (folder.kind !== 'inbox' || !context.user.mailbox.resources) return undefined;
  const received = new Map<number, ScheduledMessage>();
  const oldest = context.clock.now() - APPLIES_FOR_MS;
  return {
    renderer: {
      ...renderer,
      render: (message, purpose, previous) => {
        const scheduled = purpose === 'add' && message.receivedAt.getTime() > oldest && read(message);
        if (scheduled) received.set(message.uid, scheduled);
        return renderer.render(message, purpose, previous);
      },
    },
    apply: async () => {
      if (received.size === 0) return;
      // In the order in which they came.
      for (const uid of [...received.keys()].sort((a, b) => a - b)) {
        await apply(received.get(uid) as ScheduledMessage, context.user.serverIdOf(folder, uid), context);
      }
    },
  };
}

function read(message: FetchedMessage): ScheduledMessage | undefined {
  try {
    return scheduledMessage(message);
  } catch (thrown) {
    if (thrown instanceof ItemError) return undefined;
    throw thrown;
  }
}

/** That it cannot be applied keeps nobody from the mail, which says the same: it is tried again later. */
async function apply(scheduled: ScheduledMessage, serverId: string, { user, log }: CommandContext): Promise<void> {
  const calendar = await user.folderOfKind('calendar');
  try {
    if (calendar?.backendId !== undefined) {
      await user.rewriteResource(calendar, { uid: scheduled.uid }, async (stored) =>
        stored === undefined ? undefined : (applyScheduled(stored, scheduled, user.account) ?? stored),
      );
    }
    await user.unapplied.remove(serverId);
  } catch (thrown) {
    if (!(thrown instanceof CaravanError)) throw thrown;
    log.warn({ error: thrown, method: scheduled.method }, 'What was sent for a meeting is not applied to the calendar');
    const mayGoBetter = thrown instanceof BackendError && thrown.code === 'unavailable';
    await (mayGoBetter ? user.unapplied.add(serverId) : user.unapplied.remove(serverId)).catch((failure: unknown) =>
      log.error({ error: failure }, 'What was sent for a meeting will not be tried again'),
    );
  }
}

/** What could not be applied before is tried again, beside the Sync that it must not delay. */
export async function applyAgain(folder: SyncFolder, context: CommandContext): Promise<void> {
  const { user, clock, log } = context;
  if (folder.kind !== 'inbox' || !user.mailbox.resources) return;
  try {
    const oldest = clock.now() - APPLIES_FOR_MS;
    for (const serverId of await user.unapplied.due()) {
      const item = await user.item(serverId);
      const message = item && (await user.fetch([item], invitationPlan)).get(serverId);
      const scheduled = message && message.receivedAt.getTime() > oldest ? read(message) : undefined;
      if (scheduled) await apply(scheduled, serverId, context);
      else await user.unapplied.remove(serverId);
    }
  } catch (thrown) {
    log.warn({ error: thrown }, 'What was sent for meetings cannot be tried again now');
  }
}
