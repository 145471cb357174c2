/** docs/caravan-json.md, from the schema alone. */
import { settingsTable } from '../document-schema.ts';
import { topologySettings } from './topology-settings.ts';

const HEAD = `# caravan.json

<!-- Made by \`npm run docs\` from lib/topology/deployment. Edit the schema there, not this page. -->

What is deployed to AWS: pools, standalone servers, and what they share. \`npx caravan init\` asks and writes one; [examples/](../examples) has three;
[deploy.md](deploy.md) tells what to do with it. \`pools[]\` stands for each pool of the list. A key that does not exist, or a value that a setting cannot
have, stops the synth, and the error names the setting, its value and what was expected.

`;

export const documentTopology = (): string => HEAD + settingsTable(topologySettings());
