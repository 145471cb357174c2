// Several pools: which of them a user is at home in, how that is decided, and how it changes (docs/homes.md).
export { chooseHome, type NewUser, type Placement, type PlacementPolicy } from './choose-home.ts';
export { Enrolment, type EnrolmentParts, type Enrolled, enrolUsers } from './enrolment.ts';
export { type FirstHome, type FirstHomeParts, giveFirstHome } from './first-home.ts';
export type { Home, PoolPlace, PoolReport, StorePlace } from './home.ts';
export { HomeMap, type HomeMapOptions, poolUnknown, type Replica } from './home-map.ts';
export { isOneOfSeveral } from './records.ts';
export { HomeKeeper, type HomeKeeperOptions } from './keeper.ts';
