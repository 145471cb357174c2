/**
 * What people in charge order for a user's devices, as a value: it goes to the server that owns the user, which carries it out
 * under its lease (ownership.md), so that memory and store say the same.
 */
import { z } from 'zod';
import type { UserSync } from '../sync/index.ts';
import { cancelWipe, requestWipe, setAccess } from './devices.ts';
import { AdministrationError } from './errors.ts';
import { forgetDevice, rescanUser, resendCollection } from './resets.ts';

const device = z.string().min(1);

export const deviceOrder = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('access'), device, access: z.enum(['allowed', 'quarantined', 'blocked']) }),
  z.strictObject({ kind: z.literal('wipe'), device, what: z.enum(['device', 'account']) }),
  z.strictObject({ kind: z.literal('call-off-wipe'), device }),
  z.strictObject({ kind: z.literal('resend'), device, collection: z.string().min(1) }),
  z.strictObject({ kind: z.literal('forget'), device }),
  z.strictObject({ kind: z.literal('rescan') }),
]);

export type DeviceOrder = z.output<typeof deviceOrder>;

/** Throws AdministrationError, SyncError and StoreError. */
export async function carryOut(user: UserSync, order: DeviceOrder): Promise<void> {
  switch (order.kind) {
    case 'access':
      return setAccess(user, order.device, order.access);
    case 'wipe':
      return requestWipe(user, order.device, order.what);
    case 'call-off-wipe':
      if (await cancelWipe(user, order.device)) return;
      throw new AdministrationError('no-wipe', `There is no wipe of device ${order.device} to call off`, {
        why: 'none was ordered, or the device has done it',
      });
    case 'resend':
      return resendCollection(user, order.device, order.collection);
    case 'forget':
      return forgetDevice(user, order.device);
    case 'rescan':
      return rescanUser(user);
  }
}
