// A phone and another program with local calendars, contacts, tasks and notes, over HTTP.
import { PROTOCOL_VERSIONS } from '../../../lib/activesync/index.ts';
import { openAs, startSystem } from '../../backends/folders/setup.ts';
import { FoldersServer } from '../../support/folders-server.ts';
import { describeResourceJourney } from '../../support/resource-journey.ts';

describeResourceJourney('folders', PROTOCOL_VERSIONS, async () => {
  const server = await FoldersServer.start();
  const system = await startSystem({ root: server.mailRoot });
  const other = await openAs(system.system, 'ada');
  return {
    device: (version) => server.device({ version }),
    other,
    hasNotes: true,
    async stop() {
      await system.stop();
      await server.stop();
    },
  };
});
