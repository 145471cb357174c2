// A pool on one machine: the sprayer, the embedded DynamoDB, and the servers' processes.
export { Sprayer, type SprayerOptions, type TargetReport } from './sprayer.ts';
export { type HealthOptions, type TargetAddress, type TargetState } from './target.ts';
export { LocalPool, type LocalPoolOptions, type LocalServer } from './local-pool.ts';
export type { ServerEvent } from './server-child.ts';
export { keepSecrets, serverSettings } from './server-settings.ts';
