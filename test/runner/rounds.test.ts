import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filesOf, roundsOf, runRounds } from './rounds.ts';

const ROOT = join(import.meta.dirname, '../..');

it('so many times, of the files that are wanted', () => {
  expect(roundsOf(['kill', '--bail', '1'])).toBeUndefined();
  expect(roundsOf(['--times', '20', 'kill'])).toEqual({ times: 20, wanted: ['kill'] });
  expect(() => roundsOf(['--times', 'often'])).toThrow('--times takes a number from 1 to 9999, not "often"');
  expect(filesOf({ times: 1, wanted: ['pool/kill', 'growth/join'] }, ROOT)).toEqual([
    'test/fault/pool/kill.dovecot.test.ts',
    'test/growth/join.dovecot.test.ts',
  ]);
  expect(filesOf({ times: 1, wanted: [] }, ROOT)).toContain('test/fault/pool/freeze.dovecot.test.ts');
});

it('each time by another seed, until one fails, whose seed is told', async () => {
  const ran: string[] = [];
  const lines: string[] = [];
  const runFile = (file: string, seed: number) => {
    ran.push(`${file} ${seed}`);
    return Promise.resolve(file === 'b' && seed === 8 ? 1 : 0);
  };
  const rounds = { files: ['a', 'b'], times: 5, seed: 7, runFile, say: (line: string) => void lines.push(line) };
  expect(await runRounds(rounds)).toBe(1);
  expect(ran).toEqual(['a 7', 'b 7', 'a 8', 'b 8']);
  expect(lines.slice(-3)).toEqual([
    'round 2 of 5, CARAVAN_TEST_SEED=8: b failed',
    'The same again: CARAVAN_TEST_SEED=8 npm run test:faults -- --times 1 b',
    '3 passed, 1 failed',
  ]);
  expect(await runRounds({ ...rounds, times: 1 })).toBe(0);
  expect(await runRounds({ ...rounds, files: [] })).toBe(1);
});
