import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { lint } from '../support/cfn-lint.ts';
import { EXAMPLES } from './support/synthesize.ts';

const ROOT = join(import.meta.dirname, '../..');
const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8'));
const out = mkdtempSync(join(tmpdir(), 'caravan-examples-'));
afterAll(() => rmSync(out, { recursive: true }));

/** As the CDK's command line runs it, without credentials. The app holds itself to cdk-nag and to the offline validator. */
async function synthesize(config: string, outdir: string): Promise<{ readonly stderr: string }> {
  const { PATH, HOME } = process.env;
  return await promisify(execFile)(process.execPath, ['bin/app.ts'], {
    cwd: ROOT,
    env: { PATH, HOME, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ ...context, config }) },
  });
}

describe('the examples', () => {
  it.each(EXAMPLES)(
    '%s: templates that cdk-nag, the offline validator and cfn-lint find nothing in',
    async (example) => {
      const outdir = join(out, example);
      await synthesize(`examples/${example}.json`, outdir);
      const templates = readdirSync(outdir).filter((name) => name.endsWith('.template.json'));
      expect(templates.length).toBeGreaterThan(0);
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

  it('a file that is wrong stops the synth with one sentence that says what to change', async () => {
    const config = join(out, 'wrong.json');
    cpSync(join(ROOT, 'examples/one-pool.json'), config);
    writeFileSync(config, readFileSync(config, 'utf8').replace('"region": "eu-central-1"', '"region": "eu-centre-1"'));
    const outcome = await synthesize(config, join(out, 'none')).then(
      () => 'synthesized',
      (thrown: { readonly stderr: string }) => thrown.stderr,
    );
    expect(outcome).toBe(
      `caravan: The topology is not valid: pools[0].region is "eu-centre-1" (file ${config}), expected a region of AWS such as ` +
        `'eu-central-1' - did you mean 'eu-central-1'?.\nCorrect the file and synthesize again; docs/deploy.md tells what may stand in it.\n`,
    );
  });
});
