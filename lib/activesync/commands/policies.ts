/** What commands ask of the people in charge; `administration/` answers. */
import type { DeviceRecord } from '../../sync/index.ts';

/** `''` is an empty tag: the setting is unset. */
export type PolicySettings = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface Policy {
  /** `none`: Provision answers that there is no policy; `optional`: offered, never demanded; `required`: 449 or Status 142–144. */
  readonly requirement: 'none' | 'optional' | 'required';
  /** Changes whenever the settings do. */
  readonly digest: string;
  /** EASProvisionDoc elements by tag (`DevicePasswordEnabled`), in no order; those left out have their defaults. */
  readonly settings: PolicySettings;
}

export interface Policies {
  /** A device beyond so many of one user is refused at its first contact (Status 177); undefined: no bound. */
  readonly maxDevicesPerUser?: number;
  policyFor(user: string): Policy;
  /** What a device never seen before may do. */
  initialAccess(user: string, deviceType: string): DeviceRecord['access'];
}
