// A pool on one machine: the sprayer, the embedded DynamoDB, and the servers' processes.
export { Sprayer, type SprayerOptions, type TargetReport } from './sprayer.ts';
export { type HealthOptions, type TargetAddress, type TargetState } from './target.ts';
