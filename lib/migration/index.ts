// Users on their way from one store to another, with everything that their devices were told.
export { compareItems, type Copied, copyItems, type Difference, removeItems, userPartition } from './copy-items.ts';
export { MigrationError, type MigrationErrorCode } from './errors.ts';
export { beginFailOver, endFailOver, enrolLost, type FailOverParts, type TakeOver, takeOver } from './fail-over.ts';
export { type MoveReport, mustBeEnrolled, UserMover, type UserMoverOptions } from './move-user.ts';
export { type Asked, Migration, type MigrationParts } from './growth/migration.ts';
export { Places } from './growth/places.ts';
export type { Progress } from './growth/progress.ts';
export type { PoolHomes, PoolSide } from './growth/pool-side.ts';
