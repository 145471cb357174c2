/** A user's devices, as people in charge steer them. What they decide reaches a device with its next request. */
import { atLeast, isProtocolVersion } from '../activesync/index.ts';
import type { DeviceRecord, UserSync } from '../sync/index.ts';
import { AdministrationError } from './errors.ts';

/**
 * Lets a device in, keeps it out, or leaves it waiting for a decision. Letting in a device that was wiped forgets the
 * wipe: it may be set up anew.
 */
export async function setAccess(user: UserSync, deviceId: string, access: DeviceRecord['access']): Promise<void> {
  const device = await knownDevice(user, deviceId);
  const isWiped = device.wipe === 'done' && access === 'allowed';
  await user.device(deviceId).saveRecord({ access, ...(isWiped && { wipe: 'none', wipeKind: undefined }) });
  if (access !== 'allowed') endWaits(user, deviceId);
}

/**
 * `device`: the device erases everything; `account`: only what it has of this account, which 16.1 alone can do. Throws
 * AdministrationError('wipe-not-possible') for an older one, since nothing else may happen in its stead.
 */
export async function requestWipe(user: UserSync, deviceId: string, kind: 'device' | 'account'): Promise<void> {
  const { protocolVersion } = await knownDevice(user, deviceId);
  const canWipeAccount =
    protocolVersion !== undefined && isProtocolVersion(protocolVersion) && atLeast(protocolVersion, '16.1');
  if (kind === 'account' && !canWipeAccount) {
    throw new AdministrationError('wipe-not-possible', `Device ${deviceId} cannot wipe a single account`, {
      why: `it speaks ActiveSync ${protocolVersion ?? 'of an unknown version'}, and this came with 16.1`,
      remedy: 'block the device, or wipe it whole',
    });
  }
  await user.device(deviceId).saveRecord({ wipe: 'pending', wipeKind: kind });
  endWaits(user, deviceId);
}

/** Calls off a wipe that the device has not done yet; one that is done stays done. True if it was called off in time. */
export async function cancelWipe(user: UserSync, deviceId: string): Promise<boolean> {
  const { wipe } = await knownDevice(user, deviceId);
  if (wipe !== 'pending' && wipe !== 'sent') return false;
  await user.device(deviceId).saveRecord({ wipe: 'none', wipeKind: undefined });
  return true;
}

/** Throws AdministrationError('unknown-device'). */
export async function knownDevice(user: UserSync, deviceId: string): Promise<DeviceRecord> {
  const record = await user.device(deviceId).record();
  if (record) return record;
  throw new AdministrationError('unknown-device', `${user.account.user} has no device ${deviceId}`, {
    remedy: 'list the devices of the user',
  });
}

/**
 * A waiting device would hear of the decision at the end of its heartbeat only. A newer wait of the same purpose ends the
 * older one in the regular way, and the device comes back at once.
 */
export function endWaits(user: UserSync, deviceId: string): void {
  for (const purpose of ['ping', 'sync'] as const) {
    const again = () => ({ kind: 'again' }) as const;
    const ticket = user.waiting.open({ deviceId, purpose, collectionIds: [], changed: again, superseded: again });
    user.waiting.close(ticket);
  }
}
