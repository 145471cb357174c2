// Clock, random, log, errors: what every other room may stand on.
export { type Clock, sleep, systemClock, type Timer } from './clock.ts';
export { CaravanError, type ErrorDetails, reasonOf } from './errors.ts';
export { createLog, type Log, type LogFields, type LogLevel, silentLog } from './log.ts';
export { type Random, randomName, systemRandom } from './random.ts';
