/** The embedded mail folders: from a delivery to the answered Ping. Alone: `node test/bench/folders.ts`. */
import { type FSWatcher, watch } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { deliverFile, makeRoot, PASSWORDS } from '../backends/folders/setup.ts';
import { describeFigure, type Figure } from './figure.ts';
import { buildBundle } from './standalone/bundle.ts';
import { measureNotification } from './standalone/notification.ts';
import { ServerProcess } from './standalone/server-process.ts';

export async function benchFolders(): Promise<readonly Figure[]> {
  const bundle = await buildBundle();
  const root = await makeRoot();
  const settings = { 'mail-kind': 'folders', 'mail-root': root, 'mail-domain': 'example.org' };
  const server = await ServerProcess.start(bundle.main, { ...settings, 'mail-smtp-in-port': '0' });
  let watcher: FSWatcher | undefined;
  try {
    return await measureNotification(server.url, {
      how: 'mail folders',
      user: 'ada',
      password: PASSWORDS.ada,
      deliver: async (message) => void (await deliverFile(join(root, 'ada', 'mail'), message)),
      nextSeen: () =>
        new Promise((resolve) => {
          watcher ??= watch(join(root, 'ada', 'mail', 'new'));
          watcher.once('change', () => resolve());
        }),
      watcher: 'bare fs.watch',
    });
  } finally {
    watcher?.close();
    await server.remove();
    await bundle.remove();
    await rm(root, { recursive: true, force: true });
  }
}

if (import.meta.main) for (const figure of await benchFolders()) process.stdout.write(`${describeFigure(figure)}\n`);
