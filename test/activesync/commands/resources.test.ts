// A phone and another program with local calendars, contacts, tasks and notes, over HTTP.
import { afterAll, beforeAll } from 'vitest';
import { PROTOCOL_VERSIONS } from '../../../lib/activesync/index.ts';
import type { Mailbox } from '../../../lib/backends/index.ts';
import { openAs, startSystem, type TestSystem } from '../../backends/folders/setup.ts';
import { FoldersServer } from '../../support/folders-server.ts';
import { describeResourceJourney } from '../../support/resource-journey.ts';

let server: FoldersServer;
let system: TestSystem;
let other: Mailbox;
beforeAll(async () => {
  server = await FoldersServer.start();
  system = await startSystem({ root: server.mailRoot });
  other = await openAs(system.system, 'ada');
});
afterAll(async () => {
  await other.close();
  await system.stop();
  await server.stop();
});

describeResourceJourney(PROTOCOL_VERSIONS, () => ({
  device: (version) => server.device({ version }),
  other,
  hasNotes: true,
}));
