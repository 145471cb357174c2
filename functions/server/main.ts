// The server as one bundle: what the container runs, configured by environment or file.
import { main } from '../../lib/cli/index.ts';

process.exitCode = await main(['serve', ...process.argv.slice(2)]);
