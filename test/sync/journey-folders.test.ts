import { join } from 'node:path';
import { deliverFile, PASSWORDS, startSystem } from '../backends/folders/setup.ts';
import { describeJourney } from './support/journey.ts';

describeJourney('local folders', async () => {
  const started = await startSystem();
  return {
    system: started.system,
    credentials: {
      ada: { userName: 'ada', password: PASSWORDS.ada },
      bob: { userName: 'bob', password: PASSWORDS.bob },
    },
    async deliver(user, raw) {
      await deliverFile(join(started.root, user, 'mail'), raw);
    },
    stop: () => started.stop(),
  };
});
