// The server as one bundle: what the container runs, configured by environment or file.
import { serveMain } from '../../lib/cli/index.ts';

process.exitCode = await serveMain(['serve', ...process.argv.slice(2)]);
