import { describeResourceContract } from '../../contract/resources.ts';
import { openAs, startSystem } from './setup.ts';

describeResourceContract('folders', async () => {
  const started = await startSystem();
  const other = await startSystem({ root: started.root });
  return {
    mailbox: await started.open('ada'),
    // Another process would be no closer.
    other: await openAs(other.system, 'ada'),
    async stop() {
      await other.stop();
      await started.stop();
    },
  };
});
