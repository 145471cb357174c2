// `caravan init`, called as programs call it: nobody is asked.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { QUESTIONS } from '../../lib/cli/init/questions.ts';
import { loadTopology } from '../../lib/topology/index.ts';
import { compileCache } from '../support/compile-cache.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/caravan.ts');
const CERTIFICATE = 'arn:aws:acm:eu-central-1:123456789012:certificate/11111111-2222-3333-4444-555555555555';
const directory = mkdtempSync(join(tmpdir(), 'caravan-init-'));
afterAll(() => rmSync(directory, { recursive: true }));
// Each call is a process, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

const ANSWERS: Readonly<Record<string, string>> = {
  domain: 'sync.example.net',
  region: 'eu-central-1',
  zones: 'eu-central-1a, eu-central-1b',
  certificate: CERTIFICATE,
  cidr: '10.7.0.0/20',
  'mail-domain': 'example.net',
  'mail-host': 'imap.example.net',
  'smtp-host': 'smtp.example.net',
  email: 'postmaster@example.net',
};

function init(
  answers: Readonly<Record<string, string>>,
  ...rest: string[]
): Promise<{ code: number; out: string; err: string }> {
  const flags = Object.entries(answers).flatMap(([flag, value]) => [`--${flag}`, value]);
  const environment = { PATH: process.env['PATH'] ?? '', HOME: directory, ...compileCache() };
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [PROGRAM, 'init', ...flags, ...rest],
      { env: environment, cwd: directory },
      (error, out, err) => done({ code: error ? Number(error.code) : 0, out, err }),
    );
    child.stdin?.end();
  });
}

it('offers zones that the region has', () => {
  const offered = (region: string) => QUESTIONS.find(({ flag }) => flag === 'zones')?.offered?.({ region });
  expect(offered('eu-central-1')).toBe('eu-central-1a,eu-central-1b,eu-central-1c');
  expect(offered('us-west-1')).toBe('us-west-1a,us-west-1c');
});

it('writes a file that can be deployed', async () => {
  expect(await init(ANSWERS)).toMatchObject({ code: 0, out: expect.stringContaining('npx cdk synth') });
  const { pools, alarms } = loadTopology(join(directory, 'caravan.json'));
  expect(pools).toMatchObject([
    {
      id: 'caravan-main',
      host: 'sync.example.net',
      zones: ['eu-central-1a', 'eu-central-1b'],
      certificate: CERTIFICATE,
      network: { kind: 'new', cidr: '10.7.0.0/20' },
      mail: { host: 'imap.example.net', domain: 'example.net', smtp: { host: 'smtp.example.net' } },
    },
  ]);
  expect(alarms.email).toBe('postmaster@example.net');
});

it('writes one for a server alone', async () => {
  expect(await init(ANSWERS, '--standalone', '--file', 'alone.json', '--json')).toMatchObject({ code: 0 });
  expect(loadTopology(join(directory, 'alone.json')).standalone).toHaveLength(1);
});

it('writes over nothing', async () => {
  writeFileSync(join(directory, 'mine.json'), 'mine');
  const outcome = await init(ANSWERS, '--file', 'mine.json');
  expect(outcome).toMatchObject({ code: 1, err: expect.stringMatching(/mine\.json is there already\.\nName another/) });
  expect(readFileSync(join(directory, 'mine.json'), 'utf8')).toBe('mine');
});

it('says what is wrong with an answer, and what is missing', async () => {
  const [wrong, missing] = await Promise.all([
    init({ ...ANSWERS, certificate: CERTIFICATE.replace('eu-central-1', 'us-east-1') }, '--file', 'one.json'),
    init({ domain: 'sync.example.net' }, '--file', 'two.json', '--json'),
  ]);
  expect(wrong).toMatchObject({
    code: 1,
    err: expect.stringContaining('Expected is a certificate in eu-central-1, where the load balancer is.'),
  });
  expect(JSON.parse(missing.err)).toMatchObject({
    error: { code: 'bad-option', message: expect.stringContaining('--region') },
  });
});
