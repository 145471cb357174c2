/**
 * What organizers and attendees send by mail, applied to the user's calendar when a device is sent the mail: changes and
 * cancellations of meetings that are in it, and answers to the user's own. Each applies once, whichever devices have the mail and
 * however often: it is the event itself that tells (by SEQUENCE, DTSTAMP and PARTSTAT).
 */
import { BackendError, type FetchedMessage } from '../../../backends/index.ts';
import type { CollectionAnswer, CollectionRequest, Renderer, SyncFolder } from '../../../sync/index.ts';
import { CaravanError } from '../../../platform/index.ts';
import {
  applyScheduled,
  invitationPlan,
  ItemError,
  type ScheduledMessage,
  scheduledMessage,
} from '../../items/index.ts';
import type { CommandContext } from '../command.ts';
import { calendarWith } from '../meeting-calendar.ts';

/** Older ones were seen by somebody, or are of the past: a new phone's first Sync does not go through them all. */
const APPLIES_FOR_MS = 14 * 86_400_000;

/** An item, and what it says of a meeting: rendered ahead of time, it is applied by whoever sends the item. */
interface Received<T> {
  readonly item: T;
  readonly scheduled: ScheduledMessage | undefined;
}

/** Syncs the collection and applies what the mail in the answer says of meetings: that of the inbox, where there is a calendar. */
export async function syncReceiving<T>(
  request: CollectionRequest,
  renderer: Renderer<T>,
  folder: SyncFolder,
  context: CommandContext,
): Promise<CollectionAnswer<T>> {
  const { device, user } = context;
  if (folder.kind !== 'inbox' || !user.mailbox.resources) return device.syncCollection(request, renderer);
  const answer = await device.syncCollection(request, receiving(renderer, context));
  if (answer.kind === 'refused') return answer;
  return {
    ...answer,
    outcomes: answer.outcomes.map((it) => (it.kind === 'fetched' ? { ...it, item: it.item.item } : it)),
    changes: answer.changes.map((it) => ('item' in it ? { ...it, item: it.item.item } : it)),
  };
}

function receiving<T>(renderer: Renderer<T>, context: CommandContext): Renderer<Received<T>> {
  const oldest = context.clock.now() - APPLIES_FOR_MS;
  return {
    ...renderer,
    kind: `${renderer.kind ?? ''} with meetings`,
    render: (message, purpose, previous) => ({
      item: renderer.render(message, purpose, previous),
      scheduled: purpose === 'add' && message.receivedAt.getTime() > oldest ? read(message) : undefined,
    }),
    beforeStored: async (changes) => {
      // In the order in which they came: the newest are told first.
      for (const change of changes.toReversed()) {
        if ('item' in change && change.item.scheduled) await apply(change.item.scheduled, change.serverId, context);
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
async function apply(scheduled: ScheduledMessage, serverId: string, context: CommandContext): Promise<void> {
  const { user, log } = context;
  try {
    const calendar = await calendarWith(scheduled.uid, context);
    if (calendar) {
      await user.rewriteResource(calendar, { uid: scheduled.uid }, async (stored) =>
        stored === undefined ? undefined : (applyScheduled(stored, scheduled, user.account) ?? stored),
      );
    }
    await user.unapplied.remove(serverId);
  } catch (thrown) {
    if (!(thrown instanceof CaravanError)) throw thrown;
    log.warn({ error: thrown, method: scheduled.method }, 'What was sent for a meeting is not applied to the calendar');
    const mayGoBetter = thrown instanceof BackendError && (thrown.code === 'unavailable' || thrown.code === 'failed');
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
