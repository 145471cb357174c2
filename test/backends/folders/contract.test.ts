import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describeBackendContract } from '../../contract/backend.ts';
import { deliverFile, PASSWORDS, startSystem } from './setup.ts';

describeBackendContract('folders', async () => {
  const started = await startSystem();
  const { root, system } = started;
  return {
    system,
    credentials: {
      ada: { userName: 'ada', password: PASSWORDS.ada },
      bob: { userName: 'bob', password: PASSWORDS.bob },
    },
    async deliver(user, raw, folder) {
      await deliverFile(join(root, user, 'mail', folder === undefined ? '.' : `.${folder}`), raw);
    },
    /** As a mail program on the same machine does. */
    async changeFlagsOutOfBand(user, messageId, { add = [], remove = [] }) {
      const letters: Record<string, string> = { '\\Seen': 'S', '\\Flagged': 'F', '\\Answered': 'R', '\\Deleted': 'T' };
      for (const subdirectory of ['new', 'cur']) {
        const directory = join(root, user, 'mail', subdirectory);
        for (const name of await readdir(directory)) {
          if (!(await readFile(join(directory, name), 'utf8')).includes(messageId)) continue;
          const [base = '', info = ''] = name.split(':2,');
          const flags = new Set(info);
          for (const flag of add) flags.add(letters[flag] ?? '');
          for (const flag of remove) flags.delete(letters[flag] ?? '');
          const renamed = `${base}:2,${[...flags].sort().join('')}`;
          await rename(join(directory, name), join(root, user, 'mail', 'cur', renamed));
        }
      }
    },
    stop: () => started.stop(),
  };
});
