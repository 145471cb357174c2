// docs/availability.md is about what the templates have, and names tests that there are; and no part of a template is there once.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLES, loadExample, synthesize } from './support/synthesize.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/availability.md'), 'utf8');
const TYPE = /`([A-Za-z0-9]+::[A-Za-z0-9]+)`/g;
const TEST = /`(test\/[\w./-]+\.test\.ts)`(?: "([^"]+)")?/g;

/** The stacks of servers alone, each over two zones. */
const ALONE = /(office|dublin)$/;

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

interface Row {
  readonly part: string;
  readonly counterpart: string;
  readonly cost: string;
  readonly shownBy: string;
}

const rows: readonly Row[] = PAGE.split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) => {
    const [part = '', counterpart = '', cost = '', shownBy = '', ...more] = line.split('|').slice(1, -1);
    if (more.length > 0) throw new Error(`more than four columns: ${line}`);
    return { part, counterpart, cost, shownBy };
  });
const [, withoutRow = ''] = PAGE.split('## What has no row');
const typesIn = (text: string): readonly string[] => [...text.matchAll(TYPE)].map(([, type = '']) => `AWS::${type}`);

let stacks: ReadonlyMap<string, Template>;
const resourcesOf = (template: Template): readonly Resource[] =>
  Object.values((template.toJSON() as { Resources: Record<string, Resource> }).Resources);

beforeAll(() => {
  stacks = new Map(
    EXAMPLES.flatMap((name) =>
      [...synthesize(loadExample(name))].map(([stack, template]) => [`${name} ${stack}`, template] as const),
    ),
  );
}, 120_000);

describe('the table of what may fail', () => {
  it('has a row for every type of the templates, or says why not, and for no other', () => {
    const there = new Set([...stacks.values()].flatMap(resourcesOf).map(({ Type }) => Type));
    // What CDK adds for its own sake.
    there.delete('AWS::CDK::Metadata');
    const named = [...rows.flatMap(({ part }) => typesIn(part)), ...typesIn(withoutRow)];
    expect(named.toSorted((a, b) => a.localeCompare(b))).toEqual([...there].toSorted((a, b) => a.localeCompare(b)));
  });

  it('says in every row what stands in, what the loss costs, and what shows it', () => {
    expect(rows.length).toBeGreaterThan(15);
    for (const { part, counterpart, cost, shownBy } of rows) {
      expect(counterpart.trim(), part).not.toBe('');
      expect(cost, part).toMatch(/\d s\b|\d min\b|as long as it lasts|\*AWS\*/);
      expect([...shownBy.matchAll(TEST)].length > 0 || shownBy.includes('not tested'), part).toBe(true);
    }
  });

  it.each([...PAGE.matchAll(TEST)].map(([, file = '', title]) => [file, title] as const))(
    'names a test that is there: %s %s',
    (file, title) => {
      expect(existsSync(join(ROOT, file))).toBe(true);
      if (title !== undefined) expect(readFileSync(join(ROOT, file), 'utf8')).toContain(title);
    },
  );
});

describe('a template', () => {
  it('whatever lies in a zone lies in every one', () => {
    for (const [name, template] of stacks) {
      const zones = ALONE.test(name) ? 2 : 3;
      const resources = resourcesOf(template);
      const subnetted = resources.flatMap(({ Type, Properties = {} }) =>
        subnetsOf(Properties).map((subnets) => [Type, new Set(subnets.map((it) => JSON.stringify(it))).size] as const),
      );
      if (!name.includes('geography')) expect(subnetted.map(([type]) => type)).toContain('AWS::ECS::Service');
      for (const [type, count] of subnetted) expect(count, `${name}: ${type}`).toBe(zones);
      for (const each of ['AWS::EC2::NatGateway', 'AWS::EC2::EIP', 'AWS::EFS::MountTarget'])
        expect([0, zones], `${name}: ${each}`).toContain(resources.filter(({ Type }) => Type === each).length);
    }
  });

  it('a log that cannot be written holds nobody up', () => {
    const drivers = [...stacks.values()]
      .flatMap(resourcesOf)
      .filter(({ Type }) => Type === 'AWS::ECS::TaskDefinition')
      .map((it) => JSON.stringify(it.Properties?.['ContainerDefinitions']));
    expect(drivers.length).toBe(6);
    for (const driver of drivers) expect(driver).toContain('"mode":"non-blocking"');
  });
});

/** Every list of subnets in there, however deep. */
function subnetsOf(value: unknown): readonly (readonly unknown[])[] {
  if (Array.isArray(value)) return value.flatMap(subnetsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    Array.isArray(inner) && /^Subnet(s|Ids)$/.test(name) ? [inner as unknown[]] : subnetsOf(inner),
  );
}
