import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadTopology } from '../../lib/topology/index.ts';
import { callCaravan } from './support/in-process.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/plan-two-continents.json');
const directory = mkdtempSync(join(tmpdir(), 'caravan-plan-'));
afterAll(() => rmSync(directory, { recursive: true }));
const at = (name: string): string => join(directory, name);

it('tells the plan, and writes what is deployed and a picture of it', async () => {
  const { code, out } = await callCaravan('plan', EXAMPLE, '--write', at('caravan.json'), '--svg', at('plan.svg'));
  expect(code).toBe(0);
  expect(out).toMatch(/^The plan: 2 pools of 3 servers and 3 servers in frankfurt \(eu-central-1\) and virginia/);
  for (const title of ['Why', 'Servers', 'Availability of a user', 'Cost a month', 'Rejected'])
    expect(out).toContain(`\n${title}\n`);
  expect(out).toContain(`Written: ${at('caravan.json')}, ${at('plan.svg')}.`);
  expect(loadTopology(at('caravan.json')).pools.map(({ name }) => name)).toEqual(['frankfurt', 'virginia']);
  expect(readFileSync(at('plan.svg'), 'utf8')).toMatch(/^<\?xml[^]*<\/svg>\n$/);
});

it('tells it as JSON', async () => {
  const { code, out } = await callCaravan('plan', EXAMPLE, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    kind: 'pool',
    places: [{ name: 'frankfurt' }, { name: 'virginia' }],
    written: [],
  });
});

it('writes over nothing, unless it is told to', async () => {
  writeFileSync(at('mine.json'), 'mine');
  const refused = await callCaravan('plan', EXAMPLE, '--write', at('mine.json'));
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringMatching(/mine\.json is there already\.\nName another with --write/),
  });
  expect(readFileSync(at('mine.json'), 'utf8')).toBe('mine');
  expect(await callCaravan('plan', EXAMPLE, '--write', at('mine.json'), '--force')).toMatchObject({ code: 0 });
});

it('says what to relax where there is no plan, and writes nothing', async () => {
  const content = { ...JSON.parse(readFileSync(EXAMPLE, 'utf8')), budgetUsdPerMonth: 500 };
  writeFileSync(at('poor.json'), JSON.stringify(content));
  const poor = await callCaravan('plan', at('poor.json'), '--write', at('never.json'));
  expect(poor.code).toBe(1);
  expect(poor.err).toMatch(
    /^caravan: No topology meets these requirements\.\nRelax this: budgetUsdPerMonth from 500 to \d+ \(by \$[\d,.]+\), for 2 pools in eu-central-1, us-east-1 at \$[\d,.]+ a month\.\n$/,
  );
  expect(() => readFileSync(at('never.json'))).toThrow('ENOENT');
  const json = await callCaravan('plan', at('poor.json'), '--json');
  expect(JSON.parse(json.err)).toMatchObject({
    error: {
      code: 'no-plan',
      remedy: expect.stringContaining('budgetUsdPerMonth'),
      ways: [
        {
          relaxations: [{ requirement: 'budgetUsdPerMonth', from: 500, to: expect.any(Number) }],
          topology: '2 pools in eu-central-1, us-east-1',
          usdPerMonth: expect.any(Number),
          availability: expect.any(Number),
        },
      ],
    },
  });
});

it.each([
  ['no file, and nobody to ask', ['plan', '--json'], 'bad-option', /docs\/plan-json\.md/],
  ['a file that is not there', ['plan', at('none.json'), '--json'], 'invalid-plan-file', /docs\/plan-json\.md/],
  ['a caravan.json that is not there', ['plan', 'check', at('none.json'), '--json'], 'invalid-topology', /./],
  [
    'a file that is planned with, in place of what is deployed',
    ['plan', 'check', EXAMPLE, '--json'],
    'bad-option',
    /plan-two-continents\.json --write caravan\.json/,
  ],
  [
    'a user without a password',
    ['plan', 'check', EXAMPLE, '--user', 'ada', '--json'],
    'missing-password',
    /CARAVAN_PASSWORD/,
  ],
  [
    'a picture that cannot be written',
    ['plan', EXAMPLE, '--svg', at('no/such/plan.svg'), '--json'],
    'cannot-keep-state',
    /--svg/,
  ],
] as const)('%s: an error that says what to do', async (_, args, code, remedy) => {
  const outcome = await callCaravan(...args);
  expect(outcome.code).toBe(1);
  expect(JSON.parse(outcome.err)).toMatchObject({ error: { code, remedy: expect.stringMatching(remedy) } });
});
