// The cloud: what `cdk deploy` makes of caravan.json.
export { type CaravanAppProps, createApp } from './caravan-app.ts';
export { PoolStack } from './pool-stack.ts';
export { StandaloneStack } from './standalone-stack.ts';
