#!/usr/bin/env node
/**
 * The CDK app: `npx cdk synth --all -c config=caravan.json`. It reads that file alone, bundles the server and the functions
 * itself, and needs neither network nor credentials nor Docker.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { bundleAll } from '../functions/bundle.ts';
import { describeFailure } from '../lib/platform/index.ts';
import { createApp } from '../lib/stacks/index.ts';
import { loadTopology } from '../lib/topology/index.ts';

const DEFAULT_FILE = 'caravan.json';

const bundles = mkdtempSync(join(tmpdir(), 'caravan-bundles-'));
try {
  // Another app that knows the context; it must not be synthesized too, over the stacks of the real one.
  const config = String(new App({ autoSynth: false }).node.tryGetContext('config') ?? DEFAULT_FILE);
  const topology = loadTopology(config);
  await bundleAll(bundles);
  createApp({ topology, bundles }).synth();
} catch (thrown) {
  process.stderr.write(`${describeFailure(thrown, false)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(bundles, { recursive: true });
}
