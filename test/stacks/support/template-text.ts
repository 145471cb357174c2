/** A template as text that can be compared: a line a property, so that a difference tells which. */
import type { Template } from 'aws-cdk-lib/assertions';

export function templateText(template: Template): string {
  const { Resources = {}, Outputs = {} } = template.toJSON() as Record<string, Record<string, Resource>>;
  const resources = Object.entries(Resources).map(([id, { Type, Properties = {}, ...rest }]) =>
    [`${id}: ${Type}`, ...lines(Properties), ...lines(rest)].join('\n'),
  );
  return `${[...resources, ['Outputs', ...lines(Outputs)].join('\n')].join('\n\n')}\n`;
}

interface Resource {
  readonly Type?: string;
  readonly Properties?: object;
}

const lines = (properties: object): string[] =>
  Object.entries(properties).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`);
