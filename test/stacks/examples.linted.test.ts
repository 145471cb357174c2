import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { lint } from '../support/cfn-lint.ts';
import { compileCache } from '../support/compile-cache.ts';
import { EXAMPLES } from './support/synthesize.ts';

const ROOT = join(import.meta.dirname, '../..');
const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8'));
type Pool = Readonly<Record<string, unknown>>;

const out = mkdtempSync(join(tmpdir(), 'caravan-examples-'));
afterAll(() => rmSync(out, { recursive: true }));

/** As the CDK's command line runs it, without credentials. The app holds itself to cdk-nag and to the offline validator. */
async function synthesize(config: string, outdir: string): Promise<{ readonly stderr: string }> {
  const { PATH, HOME } = process.env;
  return await promisify(execFile)(process.execPath, ['bin/app.mts'], {
    cwd: ROOT,
    env: {
      PATH,
      HOME,
      ...compileCache(),
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, config }),
    },
  });
}

/** As the CDK's command line finds them: by the manifest. */
function stacksOf(outdir: string): readonly string[] {
  const { artifacts } = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8')) as {
    artifacts: Record<string, { readonly type: string }>;
  };
  return Object.keys(artifacts)
    .filter((name) => artifacts[name]?.type === 'aws:cloudformation:stack')
    .toSorted();
}

describe('the examples', () => {
  it.each(EXAMPLES)(
    '%s: templates that cdk-nag, the offline validator and cfn-lint find nothing in',
    async (example) => {
      const outdir = join(out, example);
      await synthesize(`examples/${example}.json`, outdir);
      const templates = readdirSync(outdir).filter((name) => name.endsWith('.template.json'));
      expect(templates.length).toBeGreaterThan(0);
      expect(stacksOf(outdir)).toEqual(templates.map((name) => name.replace('.template.json', '')).toSorted());
      expect(await lint(templates.map((name) => join(outdir, name)))).toEqual([]);
    },
    300_000,
  );

  it('a template that is wrong would be found', async () => {
    const wrong = join(out, 'wrong.template.json');
    const resources = { Table: { Type: 'AWS::DynamoDB::Table', Properties: { KeySchemas: [] } } };
    writeFileSync(wrong, JSON.stringify({ Resources: resources }));
    expect((await lint([wrong])).join('\n')).toContain('E3002');
  }, 120_000);

  it.each([
    [
      'a wrong region',
      (pool: Pool) => ({ ...pool, region: 'eu-centre-1' }),
      `pools[0].region is "eu-centre-1" (file FILE), expected a region of AWS such as 'eu-central-1' - did you mean 'eu-central-1'?`,
    ],
    [
      'a missing certificate',
      (pool: Pool) => ({ ...pool, certificate: undefined }),
      `pools[0].certificate is not set (file FILE), expected its ARN, such as 'arn:aws:acm:eu-central-1:123456789012:certificate/…'`,
    ],
    [
      'an overlapping network',
      (pool: Pool) => [
        { ...pool, host: 'sync.example.org' },
        { ...pool, name: 'munich', host: 'munich.sync.example.org', network: { cidr: '10.20.16.0/20' } },
      ],
      `pools[1].network.cidr is "10.20.16.0/20" (file FILE), expected a network that does not overlap with 10.20.0.0/16 of pools[0]`,
    ],
    [
      'an unknown key',
      (pool: Pool) => ({ ...pool, sizes: { min: 4 } }),
      `pools[0].sizes (file FILE), expected a setting that exists - did you mean 'size'?`,
    ],
  ])(
    '%s stops the synth with one sentence that says what to change',
    async (what, change, said) => {
      const config = join(out, `${what}.json`);
      const { pools, ...rest } = JSON.parse(readFileSync(join(ROOT, 'examples/one-pool.json'), 'utf8'));
      writeFileSync(config, JSON.stringify({ ...rest, pools: [change(pools[0])].flat() }));
      const outdir = join(out, what);
      const outcome = await synthesize(config, outdir).then(
        () => 'synthesized',
        (thrown: { readonly stderr: string }) => thrown.stderr,
      );
      expect(outcome).toBe(
        `caravan: The topology is not valid: ${said.replace('FILE', config)}.\n` +
          'Correct the file and synthesize again; docs/deploy.md tells what may stand in it.\n',
      );
      expect(existsSync(join(outdir, 'manifest.json'))).toBe(false);
    },
    60_000,
  );
});
