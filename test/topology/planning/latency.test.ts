import { expect, it } from 'vitest';
import { roundTripBetween } from '../../../lib/topology/planning/regions-on-earth.ts';

// Published round trips (acomputerscientistlearnsaws.blogspot.com/2017/04/aws-regions.html), in milliseconds.
it.each([
  ['us-east-1', 'us-west-1', 73],
  ['us-east-1', 'us-west-2', 87],
  ['us-east-1', 'eu-west-1', 81],
  ['us-east-1', 'eu-central-1', 89],
  ['us-east-1', 'ap-northeast-1', 145],
  ['us-east-1', 'sa-east-1', 120],
  ['eu-west-1', 'eu-central-1', 20],
  ['ap-northeast-1', 'ap-northeast-2', 31],
  ['ap-northeast-1', 'ap-southeast-1', 74],
  ['ap-southeast-1', 'ap-southeast-2', 175],
  ['us-west-2', 'ap-southeast-2', 162],
] as const)(
  'from %s to %s a round trip is estimated within two fifths of the %i ms that were measured',
  (from, to, ms) => {
    const estimated = roundTripBetween(from, to);
    expect(estimated).toBe(roundTripBetween(to, from));
    expect(Math.abs(estimated - ms) / ms).toBeLessThan(2 / 5);
  },
);

it.each([
  ['eu-central-1', 'ap-northeast-1', 237],
  ['eu-central-1', 'ap-southeast-1', 326],
] as const)('between Europe and Asia cables are longer than the estimate knows: %s to %s', (from, to, ms) => {
  const estimated = roundTripBetween(from, to);
  expect(estimated).toBeLessThan(ms);
  expect(estimated).toBeGreaterThan(ms / 2);
});
