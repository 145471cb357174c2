/** The settings of a file's schema, as the rows of a table in Markdown. */
import type { SchemaSetting } from './schema-settings.ts';

export const settingsTable = (settings: readonly SchemaSetting[]): string =>
  `| setting | value | default | meaning |
| --- | --- | --- | --- |
${settings.map((setting) => `| ${rowOf(setting).map(cell).join(' | ')} |\n`).join('')}`;

const rowOf = (setting: SchemaSetting): string[] => [
  `\`${setting.key}\``,
  setting.expected,
  defaultOf(setting),
  setting.about,
];

function defaultOf({ defaultValue, otherwise, isOptional, isInOptionalSection }: SchemaSetting): string {
  if (otherwise !== undefined) return otherwise;
  if (defaultValue !== undefined) return `\`${JSON.stringify(defaultValue)}\``;
  if (isOptional) return 'none';
  return isInOptionalSection ? 'to be given with its section' : '**to be given**';
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
