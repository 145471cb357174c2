/**
 * Three resets, from soft to hard (sync-state.md, rule 11), for a device that shows something else than the mailbox has.
 * The user must be served here: what is forgotten is forgotten by the store and by memory alike.
 */
import { SyncError, type UserSync } from '../sync/index.ts';
import { endWaits, knownDevice } from './devices.ts';
import { AdministrationError } from './errors.ts';

/** The device gets one collection anew, with its next Sync. */
export async function resendCollection(user: UserSync, deviceId: string, collectionId: string): Promise<void> {
  await knownDevice(user, deviceId);
  if (!(await user.folder(collectionId))) {
    throw new AdministrationError('unknown-collection', `${user.account.user} has no collection ${collectionId}`, {
      remedy: "list the user's folders",
    });
  }
  await user.resend(deviceId, collectionId);
  endWaits(user, deviceId);
}

/** Every folder is compared whole with what the server believes of it; devices hear of what differs as of any change. */
export async function rescanUser(user: UserSync): Promise<void> {
  await user.rescan();
}

/** Everything known of the device is deleted: at its next request it is one never seen before. */
export async function forgetDevice(user: UserSync, deviceId: string): Promise<void> {
  await knownDevice(user, deviceId).catch((thrown: unknown) => {
    // A record that cannot be read is a reason to forget it.
    if (!(thrown instanceof SyncError)) throw thrown;
  });
  await user.forget(deviceId);
  endWaits(user, deviceId);
}
