// How administrators reach servers in AWS: from the networks that the file names alone, by a token that no template knows.
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, it } from 'vitest';
import { loadExample, synthesize } from './support/synthesize.ts';

interface Container {
  readonly Environment: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Secrets?: readonly { readonly Name: string; readonly ValueFrom: unknown }[];
}

let frankfurt: Template;
let others: readonly Template[];

beforeAll(() => {
  const two = synthesize(loadExample('two-regions'));
  frankfurt = two.get('caravan-frankfurt') as Template;
  others = [two.get('caravan-virginia') as Template, ...synthesize(loadExample('standalone')).values()];
}, 120_000);

const openTo = (template: Template): unknown[] =>
  Object.values(template.findResources('AWS::EC2::SecurityGroup'))
    .flatMap(({ Properties }) => (Properties['SecurityGroupIngress'] ?? []) as Record<string, unknown>[])
    .filter(({ ToPort }) => ToPort === 8445)
    .map(({ CidrIp }) => CidrIp);

function containerOf(template: Template): Container {
  const tasks = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
  const [container] = tasks.flatMap((it) => it['Properties']['ContainerDefinitions'] as readonly Container[]);
  return container as Container;
}

const told = ({ Environment, Secrets = [] }: Container): string[] =>
  [...Environment, ...Secrets].map(({ Name }) => Name).filter((name) => name.includes('ADMINISTRATION'));

it('is from where the file says, and the token is made and told of', () => {
  expect(openTo(frankfurt)).toEqual(['10.20.0.0/16']);
  const container = containerOf(frankfurt);
  expect(told(container)).toEqual([
    'CARAVAN_ADMINISTRATION_HOST',
    'CARAVAN_ADMINISTRATION_PORT',
    'CARAVAN_ADMINISTRATION_TOKEN',
  ]);
  const token = container.Secrets?.find(({ Name }) => Name === 'CARAVAN_ADMINISTRATION_TOKEN');
  frankfurt.hasOutput('AdministrationToken', { Value: token?.ValueFrom });
  frankfurt.resourceCountIs('AWS::SecretsManager::Secret', 2);
});

it('is not at all where the file says nothing', () => {
  for (const template of others) {
    expect(openTo(template)).toEqual([]);
    expect(told(containerOf(template))).toEqual([]);
  }
});
