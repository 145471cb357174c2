/** The device record: made at first contact, kept up to date with as few writes as can be (sync-state.md, Items). */
import type { DeviceRecord } from '../../sync/index.ts';
import type { CommandContext, CommandRequest } from './command.ts';

const LAST_SEEN_EVERY_MS = 3_600_000;

/** The record of the device that sent this request; undefined for one more than its user may have. */
export async function deviceContact(
  request: CommandRequest,
  context: CommandContext,
): Promise<DeviceRecord | undefined> {
  const { device, user, policies, clock } = context;
  const known = await device.record();
  const now = clock.now();
  const contact = {
    type: request.deviceType,
    userAgent: request.userAgent,
    protocolVersion: request.version,
    lastSeen: now,
  };
  if (known) {
    const isRecent = now - known.lastSeen < LAST_SEEN_EVERY_MS && now >= known.lastSeen;
    return isRecent && known.protocolVersion === request.version ? known : device.saveRecord(contact);
  }
  const { maxDevicesPerUser } = policies;
  if (maxDevicesPerUser !== undefined && (await user.devices()).length >= maxDevicesPerUser) return undefined;
  // Nothing that another request of the same moment may have written: phones begin with several at once.
  const access = policies.initialAccess(user.account.user, request.deviceType);
  return device.saveRecord({ ...contact, access, firstSeen: now });
}
