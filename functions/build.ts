/** `npm run build [-- folder]`: bundles every deployable into dist/, or into the folder that is named. */
import { stat } from 'node:fs/promises';
import { bundleAll } from './bundle.ts';

for (const { file } of await bundleAll(process.argv[2] ?? 'dist'))
  process.stdout.write(`${file} ${Math.round((await stat(file)).size / 1024)} KB\n`);
