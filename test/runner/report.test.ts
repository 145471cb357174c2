import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LEFT_OUT } from './left-out.ts';
import { OUTSIDE_FILE } from './outside-reporter.ts';
import { filesThatFailed, lastLine, slowestFiles, summarize, withResultsOf } from './report.ts';

const assertions = (...statuses: string[]) => statuses.map((status, n) => ({ status, fullName: `test ${n}` }));
const file = (status: string, ...statuses: string[]) => ({
  name: '/x/a.test.ts',
  status,
  assertionResults: assertions(...statuses),
});

describe('the test run', () => {
  it('counts what passed, failed and was skipped', () => {
    const results = [
      file('passed', 'passed', 'pending', 'todo', 'skipped'),
      file('failed', 'failed', 'passed', 'failed'),
    ];
    const summary = summarize({ success: false, testResults: results });
    expect(summary).toMatchObject({ passed: 2, failed: 2, skipped: 3 });
    expect(summary.failedNames).toEqual(['/x/a.test.ts: test 0', '/x/a.test.ts: test 2']);
    expect(lastLine(summary)).toBe('2 passed, 2 failed, 3 skipped');
  });

  it('says nothing of skipped tests where there are none', () => {
    expect(lastLine(summarize({ success: true, testResults: [file('passed', 'passed')] }))).toBe('1 passed, 0 failed');
  });

  it('counts a file that could not be loaded', () => {
    expect(summarize({ success: false, testResults: [file('failed'), file('passed', 'passed')] })).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  it('counts an error outside any test', () => {
    expect(summarize({ success: false, testResults: [file('passed', 'passed')] })).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  it('takes the word of the second run for the files that were run again, and for no others', () => {
    const first = {
      success: false,
      testResults: [
        { ...file('failed', 'failed', 'passed'), name: '/x/b.test.ts' },
        { ...file('failed', 'failed'), name: '/x/c.test.ts' },
        { ...file('passed', 'passed'), name: '/x/d.test.ts' },
      ],
    };
    expect(filesThatFailed(first)).toEqual(['/x/b.test.ts', '/x/c.test.ts']);
    const steady = { ...file('passed', 'passed', 'passed'), name: '/x/b.test.ts' };
    const broken = { ...file('failed', 'failed'), name: '/x/c.test.ts' };
    expect(summarize(withResultsOf(first, { success: false, testResults: [steady, broken] }))).toMatchObject({
      passed: 3,
      failed: 1,
      failedNames: ['/x/c.test.ts: test 0'],
    });
    const mended = { ...file('passed', 'passed'), name: '/x/c.test.ts' };
    expect(summarize(withResultsOf(first, { success: true, testResults: [steady, mended] }))).toMatchObject({
      passed: 4,
      failed: 0,
    });
    expect(summarize(withResultsOf(first, undefined))).toMatchObject({ failed: 2 });
    // An error outside any test of the second run is one.
    expect(summarize(withResultsOf(first, { success: false, testResults: [steady, mended] })).failed).toBe(1);
  });

  it('names the files that took longest', () => {
    const took = (name: string, seconds: number) => ({
      ...file('passed', 'passed'),
      name,
      startTime: 5_000,
      endTime: 5_000 + seconds * 1_000,
    });
    const report = { success: true, testResults: [took('a', 3), took('b', 31), file('passed')] };
    expect(slowestFiles(report, 2)).toEqual(['b 31 s', 'a 3 s']);
  });

  it('counts an error outside any test although the files of the run passed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'caravan-outside-'));
    try {
      const outside = join(folder, 'outside.txt');
      const reporter = join(import.meta.dirname, 'outside-reporter.ts');
      const leaky =
        "import { it } from 'vitest'; it('passes', () => { setTimeout(() => { throw new Error('late') }); });";
      writeFileSync(join(folder, 'leaky.test.ts'), leaky);
      const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
      const run = spawnSync(process.execPath, [vitest, 'run', '--root', folder, `--reporter=${reporter}`], {
        env: { ...process.env, [OUTSIDE_FILE]: outside },
        cwd: join(import.meta.dirname, '../..'),
      });
      expect(run.status).toBe(1);
      expect(readFileSync(outside, 'utf8')).toBe('late\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('vitest leaves out in a quick run just what the run says that it leaves out', () => {
    const cwd = join(import.meta.dirname, '../..');
    const files = globSync('test/**/*.test.ts', { cwd });
    expect(files).toContain('test/runner/report.test.ts');
    for (const { glob, matches } of LEFT_OUT) {
      const globbed = globSync(glob, { cwd }).filter((name) => name.endsWith('.test.ts'));
      expect(globbed.toSorted()).toEqual(files.filter(matches).toSorted());
    }
  });
});
