/** What a server can do, as our own benches measured it (docs/performance.md), and what is assumed where no bench says. */

export interface Figure {
  readonly value: number;
  readonly what: string;
  /** The command that gives it; an assumption has none. */
  readonly bench?: string;
}

export const MEASURED = {
  devicesHeld: {
    value: 5_000,
    what: 'waiting devices that one server was seen to hold; none was asked to hold more',
    bench: 'npm run bench -- waiting',
  },
  waitingDeviceKilobytes: {
    value: 26.9,
    what: 'kilobytes of memory of a waiting device',
    bench: 'npm run bench -- waiting',
  },
  syncsPerCoreSecond: {
    value: 1_183,
    what: 'Syncs without change a second and core: 2,367 on two cores, which the clients shared',
    bench: 'npm run bench -- unchanged',
  },
} as const satisfies Readonly<Record<string, Figure>>;

export const ASSUMED = {
  taskCores: { value: 1, what: 'vCPU of a server in AWS (lib/stacks), taken for a core of the bench' },
  taskGigabytes: { value: 4, what: 'GB of memory of a server in AWS (lib/stacks)' },
  usableMemory: { value: 0.6, what: 'of its memory may be taken; the rest is for Node and for large answers' },
  mailboxKilobytes: { value: 137, what: 'kilobytes of the one IMAP connection over TLS that watches a mailbox' },
  mailboxConnections: { value: 1, what: 'IMAP connection of a user that lasts: the one that watches the mailbox' },
  usableConnections: {
    value: 0.8,
    what: 'of the connections that NAT leads may be lasting ones; the rest is for those of commands, which come and go',
  },
  usableCpu: { value: 0.5, what: 'of its CPU may be busy in the busiest minutes' },
  busiestMinutes: { value: 5, what: 'times the average requests of a day come in its busiest minutes' },
  storeRoundTripMs: { value: 5, what: 'ms of a write to a table in the same region' },
  mailRoundTripsPerSync: { value: 4, what: 'round trips to the mail system of a Sync that brings something' },
} as const satisfies Readonly<Record<string, Figure>>;
