import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LEFT_OUT } from './left-out.ts';
import { lastLine, summarize } from './report.ts';

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
