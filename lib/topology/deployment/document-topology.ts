/** docs/caravan-json.md, from the schema alone. */
import { topologySettings, type TopologySetting } from './topology-settings.ts';

const HEAD = `# caravan.json

<!-- Made by \`npm run docs\` from lib/topology/deployment. Edit the schema there, not this page. -->

What is deployed to AWS: pools, standalone servers, and what they share. \`npx caravan init\` asks and writes one; [examples/](../examples) has three;
[deploy.md](deploy.md) tells what to do with it. \`pools[]\` stands for each pool of the list. A key that does not exist, or a value that a setting cannot
have, stops the synth, and the error names the setting, its value and what was expected.

| setting | value | default | meaning |
| --- | --- | --- | --- |
`;

export function documentTopology(): string {
  return (
    HEAD +
    topologySettings()
      .map((setting) => `| ${rowOf(setting).map(cell).join(' | ')} |\n`)
      .join('')
  );
}

const rowOf = (setting: TopologySetting): string[] => [
  `\`${setting.key}\``,
  setting.expected,
  defaultOf(setting),
  setting.about,
];

function defaultOf({ defaultValue, otherwise, isOptional, isInOptionalSection }: TopologySetting): string {
  if (otherwise !== undefined) return otherwise;
  if (defaultValue !== undefined) return `\`${JSON.stringify(defaultValue)}\``;
  if (isOptional) return 'none';
  return isInOptionalSection ? 'to be given with its section' : '**to be given**';
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
