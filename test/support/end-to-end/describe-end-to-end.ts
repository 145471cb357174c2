/** Everything that a phone does with a mail system, on a standalone server and on a pool: the same suites. */
import { afterAll, beforeAll, describe } from 'vitest';
import type { ProtocolVersion } from '../../../lib/activesync/index.ts';
import { describeCommandJourney } from './command-journey.ts';
import { describeMailJourney } from './mail-journey.ts';
import { describeMeetingJourney } from './meeting-journey.ts';
import { describeResourceJourney } from '../resource-journey.ts';
import type { TestMailSystem } from './mail-system.ts';
import { Served, TOPOLOGIES, type Topology } from './served.ts';

/** At which versions each suite runs; each at one at least. */
export interface Journeys {
  readonly mail: readonly ProtocolVersion[];
  readonly commands: readonly ProtocolVersion[];
  readonly resources: readonly ProtocolVersion[];
}

const START_LIMIT_MS = 180_000;

export function describeEndToEnd(
  name: string,
  startMail: () => Promise<TestMailSystem>,
  journeys: Readonly<Record<Topology, Journeys>>,
): void {
  describe.each(TOPOLOGIES)(`${name}, %s`, (topology) => {
    let system: TestMailSystem;
    let served: Served;
    beforeAll(async () => {
      system = await startMail();
      served = await Served.start(topology, system);
    }, START_LIMIT_MS);
    afterAll(async () => {
      const seen = await served?.stop();
      await system?.stop();
      if (seen !== undefined) process.stdout.write(`${name}, ${topology}: ${seen}\n`);
    }, START_LIMIT_MS);
    const { mail, commands, resources } = journeys[topology];
    describeMailJourney(mail, () => served);
    describeCommandJourney(commands, () => served);
    describeMeetingJourney(() => served);
    describeResourceJourney(resources, () => ({
      device: (version) => served.device({ version }),
      other: served.mail.other,
      hasNotes: true,
    }));
  });
}
