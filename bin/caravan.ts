#!/usr/bin/env -S node --max-semi-space-size=8
// The command line: `npx caravan …`.
import { main } from '../lib/cli/index.ts';

// Whoever reads the output has read enough, as `head` does: nothing failed, and nobody is left to be told.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await main(process.argv.slice(2));
