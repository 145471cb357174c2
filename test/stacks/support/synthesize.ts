/** Templates of a topology, without building what they ship: bundles are a line each, so that their hashes never change. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { Stack } from 'aws-cdk-lib';
import { createApp } from '../../../lib/stacks/index.ts';
import { loadTopology, parseTopology, type Topology } from '../../../lib/topology/index.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DEPLOYABLES = ['server', 'balancer', 'task-stopped', 'outbox', 'canary'];

export const EXAMPLES = ['one-pool', 'two-regions', 'standalone', 'pool-and-standalone'] as const;
export type Example = (typeof EXAMPLES)[number];

export const loadExample = (name: Example): Topology => loadTopology(join(ROOT, `examples/${name}.json`));
export const topologyOf = (content: unknown): Topology => parseTopology(content, 'file caravan.json');

/**
 * By the stack's name. Throws where cdk-nag finds something; the offline validator, which takes seconds a template, looks at the
 * examples alone (examples.test.ts).
 */
export function synthesize(topology: Topology): ReadonlyMap<string, Template> {
  return withStacks(topology, (stacks) => new Map(stacks.map((it) => [it.stackName, Template.fromStack(it)])));
}

/** By the stack's name: those that are deployed before it. */
export function orderOf(topology: Topology): Readonly<Record<string, readonly string[]>> {
  return withStacks(topology, (stacks) =>
    Object.fromEntries(stacks.map((it) => [it.stackName, it.dependencies.map(({ stackName }) => stackName)])),
  );
}

function withStacks<T>(topology: Topology, use: (stacks: readonly Stack[]) => T): T {
  const bundles = mkdtempSync(join(tmpdir(), 'caravan-bundles-'));
  const outdir = mkdtempSync(join(tmpdir(), 'caravan-templates-'));
  process.env['CDK_VALIDATION'] = 'false';
  try {
    for (const name of DEPLOYABLES) {
      mkdirSync(join(bundles, name));
      writeFileSync(join(bundles, name, 'main.mjs'), 'export const handler = () => {};\n');
      writeFileSync(join(bundles, name, 'Dockerfile'), 'FROM scratch\n');
    }
    const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8'));
    const app = createApp({ topology, bundles, app: { outdir, context, analyticsReporting: false } });
    return use(app.node.children.filter((it) => it instanceof Stack));
  } finally {
    rmSync(bundles, { recursive: true });
    delete process.env['CDK_VALIDATION'];
    rmSync(outdir, { recursive: true });
  }
}
