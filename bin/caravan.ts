#!/usr/bin/env -S node --max-semi-space-size=8
// The command line: `npx caravan …`.
import { main } from '../lib/cli/index.ts';

process.exitCode = await main(process.argv.slice(2));
