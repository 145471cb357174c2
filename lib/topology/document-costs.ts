/** docs/costs.md, from the prices and the assumptions alone. */
import { ASSUMPTIONS, type CostLine, geographyCosts, poolCosts, standaloneCosts, sumOf } from './costs.ts';
import { type PriceName, PRICES, PRICES_OF, sourceOf } from './prices.ts';

const SIZES = [100, 1_000, 10_000, 100_000] as const;
const STANDALONE_SIZES = [100, 1_000] as const;
/** One of two pools that share homes, with a replica of its table. */
const SHARED = { devices: 10_000, servers: 4, regions: 2, isReplicated: true } as const;

const words = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
const number = (value: number): string => value.toLocaleString('en-US');
const usd = (value: number): string => `$${value.toFixed(2)}`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;

const rows = (values: Readonly<Record<string, number>>, show: (value: number) => string): string =>
  Object.entries(values)
    .map(([name, value]) => row([words(name), show(value)]))
    .join('');

function bill(title: string, lines: readonly CostLine[]): string {
  const body = lines.map(({ item, arithmetic, usdPerMonth }) => row([item, arithmetic, usd(usdPerMonth)])).join('');
  return `### ${title}\n\n| what | arithmetic | a month |\n| --- | --- | ---: |\n${body}${row(['**together**', '', `**${usd(sumOf(lines))}**`])}\n`;
}

export function documentCosts(): string {
  const summary = SIZES.map((devices) => {
    const total = sumOf(poolCosts(devices));
    const alone = STANDALONE_SIZES.some((it) => it === devices) ? usd(sumOf(standaloneCosts(devices))) : '–';
    return row([number(devices), usd(total), usd(total / devices), alone]);
  }).join('');
  return `# What it costs

<!-- Made by \`npm run docs\` from lib/topology/prices.ts and costs.ts. Edit those, not this page. -->

In US dollars a month, by the prices of US East (N. Virginia) of ${PRICES_OF}, on demand, without taxes, free tiers and savings plans (which
take a third or more off the servers). They are others' transcripts of AWS's price list, each with its page below, and some are assumed: compare them with the
list first. A pool has its own network over three zones with NAT, a server alone one over two. \`npx caravan plan\` ([topologies.md](topologies.md)) does this sum for your own users.

| devices | a pool | a device | a server alone |
| ---: | ---: | ---: | ---: |
${summary}
With \`egress: "endpoints"\` in place of NAT: five interface endpoints in three zones, 15 × ${usd(PRICES.interfaceEndpointHour)} × 730 = ${usd(15 * PRICES.interfaceEndpointHour * 730)},
in place of the three lines of NAT. \`traces\` adds one a zone, ${usd(3 * PRICES.interfaceEndpointHour * 730)}, and what X-Ray takes for spans, by the GB
and apart from logs, of which no price was found: of one request in a hundred, some eight spans of half a kilobyte each, ${number((ASSUMPTIONS.requestsPerDay * 30.4 * 1_000 * 0.01 * 8 * 0.5) / 1_000)} MB a month for 1,000 devices.
A firewall: ${usd(PRICES.firewallMonth + PRICES.firewallRuleMonth)}, and ${usd(PRICES.firewallMillionRequests)} a million requests.

## What is assumed

| of a deployment or a device | |
| --- | ---: |
${rows(ASSUMPTIONS, number)}
## Prices

| | US dollars | read at |
| --- | ---: | --- |
${Object.entries(PRICES)
  .map(([name, price]) => row([words(name), String(price), sourceOf(name as PriceName)]))
  .join('')}
## Every line

${SIZES.map((devices) => bill(`A pool for ${number(devices)} devices`, poolCosts(devices))).join('\n')}
${STANDALONE_SIZES.map((devices) => bill(`A server alone for ${number(devices)} devices`, standaloneCosts(devices))).join('')}
${bill(
  `What a pool for ${number(SHARED.devices)} devices costs more as one of ${SHARED.regions} that share homes, with \`failOverTo\``,
  geographyCosts(SHARED.devices, { users: SHARED.devices / ASSUMPTIONS.devicesPerUser, ...SHARED }),
).trimEnd()}
`;
}
