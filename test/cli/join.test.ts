import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { callCaravan } from './support/in-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'caravan-join-'));
const token = join(directory, 'token');
writeFileSync(token, 'secret\n');
afterAll(() => rmSync(directory, { recursive: true }));

const NOBODY = ['--url', 'http://127.0.0.1:1'];

it.each(['join', 'leave'])('%s says what it lacks, and asks nobody', async (command) => {
  const unreadable = await callCaravan(
    command,
    ...NOBODY,
    '--token-file',
    join(directory, 'none'),
    '--pool',
    'pool.json',
  );
  expect(unreadable).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^caravan: The token cannot be read: ENOENT.*\nGive another file with --token-file/),
  });
  expect(await callCaravan(command, ...NOBODY, '--token-file', token)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/No pool was named\.\nGive --pool FILE/),
  });
});

it.each(['join', 'leave'])('%s says that the standalone server does not answer', async (command) => {
  const { code, err } = await callCaravan(command, ...NOBODY, '--token-file', token, '--status');
  expect(code).toBe(1);
  expect(err).toMatch(/127\.0\.0\.1:1/);
  expect(err).not.toMatch(/secret|\n\s+at /);
});
