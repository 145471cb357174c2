/** docs/plan-json.md, from the schema alone. */
import { settingsTable } from '../document-schema.ts';
import { needsSettings } from './load-needs.ts';

const HEAD = `# The file to plan with

<!-- Made by \`npm run docs\` from lib/topology/planning. Edit the schema there, not this page. -->

\`npx caravan plan FILE\` reads it; [examples/](../examples) has ten (\`plan-*.json\`), and without a file the command asks, and keeps the answers with
\`--save\`. [topologies.md](topologies.md) tells what is planned. \`sites[]\` stands for each site of the list. A key that does not exist, or a value that
a setting cannot have, is told with its name, its value and what was expected.

`;

export const documentNeeds = (): string => HEAD + settingsTable(needsSettings());
