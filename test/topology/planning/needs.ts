// Needs for tests: an office of twenty beside its mail system, changed as a test says.
import { type Needs, parseNeeds } from '../../../lib/topology/index.ts';

export interface Changes {
  readonly users?: number;
  readonly devicesPerUser?: number;
  readonly availabilityPercent?: number;
  readonly budgetUsdPerMonth?: number;
  readonly deviceRoundTripMs?: number;
  readonly mailRoundTripMs?: number;
  readonly mailAddresses?: number;
}

export function needsOf({ users = 20, mailRoundTripMs = 2, mailAddresses = 1, ...general }: Changes): Needs {
  return parseNeeds(
    {
      domain: 'sync.example.org',
      ...general,
      mailSystems: [
        {
          name: 'main',
          host: 'imap.example.org',
          domain: 'example.org',
          region: 'eu-central-1',
          roundTripMs: mailRoundTripMs,
          addresses: mailAddresses,
        },
      ],
      sites: [{ name: 'office', users, region: 'eu-central-1' }],
    },
    'test',
  );
}
