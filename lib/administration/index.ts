// What people in charge decide: policies, who may sync, wipes, and resets.
export { ConfiguredPolicies } from './configured-policies.ts';
export { DeviceDesk, type DeviceDeskOptions, type DeviceDetail, type DeviceEntry } from './device-desk.ts';
export { cancelWipe, requestWipe, setAccess } from './devices.ts';
export { AdministrationError, type AdministrationErrorCode } from './errors.ts';
export { carryOut, type DeviceOrder, deviceOrder } from './orders.ts';
export { forgetDevice, rescanUser, resendCollection } from './resets.ts';
export {
  type DeviceReport,
  type GiveReport,
  PoolDesk,
  type PoolDeskOptions,
  type ServerReport,
  type UserReport,
} from './pool-desk.ts';
export { type HomeReport, HomesDesk, type HomesDeskOptions, type PoolPlaceReport, userOf } from './homes-desk.ts';
