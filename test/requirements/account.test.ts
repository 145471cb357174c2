import { describe, expect, it } from 'vitest';
import type { VitestReport } from '../runner/report.ts';
import { accountOf, requirementsOf } from './account.ts';
import { NOT_CHECKED } from './left-out.ts';

const row = (id: string, scope: string, normative: string, verifiedBy: string, description = 'Something.') =>
  [id, '2.1', description, '', 'Protocol', scope, normative, verifiedBy, ''].join('\t');
const report = (...tests: [status: string, fullName: string][]): VitestReport => ({
  success: true,
  testResults: [
    {
      name: 'a.test.ts',
      status: 'passed',
      assertionResults: tests.map(([status, fullName]) => ({ status, fullName })),
    },
  ],
});

describe('the account of requirements', () => {
  it('counts what is said of a server, is normative and is verified by a suite', () => {
    const table = [
      row('MS-ASX_R1', 'Server', 'Normative', 'Test Case'),
      row('MS-ASX_R2', 'Both', 'Normative', 'Adapter'),
      row('MS-ASX_R3', 'Client', 'Normative', 'Test Case'),
      row('MS-ASX_R4', 'Server', 'Informative', 'Adapter'),
      row('MS-ASX_R5', 'Server', 'Normative', 'Unverified'),
    ];
    expect(requirementsOf(table.join('\r\n')).map((it) => it.id)).toEqual(['MS-ASX_R1', 'MS-ASX_R2']);
  });

  it('an id is covered if every test that cites it passed', () => {
    const known = [1, 2, 3, 4, 5].map((n) => ({ id: `MS-ASX_R${n}`, description: 'Something.' }));
    const [account] = accountOf(
      report(
        ['passed', 'does this (MS-ASX_R1, MS-ASX_R2)'],
        ['failed', 'does that (MS-ASX_R2)'],
        ['skipped', 'does more (MS-ASX_R3, MS-ASX_R1)'],
        ['passed', 'is asked (MS-ASX_R99, MS-ASX_R10)'],
      ),
      new Map([['MS-ASX', known]]),
    );
    expect(account).toMatchObject({
      document: 'MS-ASX',
      covered: ['MS-ASX_R1'],
      failing: ['MS-ASX_R2'],
      skipped: ['MS-ASX_R3'],
      beside: 2,
    });
    expect([...(account?.leftOut ?? [])]).toEqual([[NOT_CHECKED, ['MS-ASX_R4', 'MS-ASX_R5']]]);
  });

  it('what is left out has its reason', () => {
    const known = [
      { id: 'MS-ASCMD_R1', description: '[In Search] A DocumentLibrary is searched.' },
      { id: 'MS-ASCMD_R2', description: 'Another thing.' },
    ];
    const [account] = accountOf(report(), new Map([['MS-ASCMD', known]]));
    expect([...(account?.leftOut.keys() ?? [])]).toEqual(['document libraries are not offered', NOT_CHECKED]);
  });

  it('without the requirements every id that is cited counts, and nothing is left out', () => {
    const accounts = accountOf(report(['passed', 'MS-ASX_R1'], ['failed', 'MS-ASY_R1']), undefined);
    expect(accounts.map((it) => [it.document, it.covered.length, it.failing.length, it.leftOut.size])).toEqual([
      ['MS-ASX', 1, 0, 0],
      ['MS-ASY', 0, 1, 0],
    ]);
  });
});
