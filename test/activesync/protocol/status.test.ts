import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  COMMANDS,
  CommonStatus,
  element,
  httpStatusOf,
  readWbxml,
  rootTagOf,
  statusAnswer,
  writeWbxml,
} from '../../../lib/activesync/protocol/index.ts';

const shared = process.env['CARAVAN_SHARED'] ?? join(import.meta.dirname, '../../../../shared');
const statements = join(shared, 'eas/requirements/MS-ASCMD.tsv');
const VALUE = /\[In Common Status Codes\][^\t]*The value of the element[^\t]* is (\d+)/g;

it.skipIf(!existsSync(statements))(
  'the common statuses are those of MS-ASCMD 2.2.2 (left out where CARAVAN_SHARED is not there)',
  () => {
    const specified = [...readFileSync(statements, 'utf8').matchAll(VALUE)].map(([, value]) => Number(value));
    expect(specified.length).toBeGreaterThan(70);
    expect(Object.values(CommonStatus).sort((a, b) => a - b)).toEqual([...new Set(specified)].sort((a, b) => a - b));
  },
);

describe('what 12.1 gets instead of a common status', () => {
  it.each([
    ['MS-ASCMD_R7546', CommonStatus.invalidContent, 400],
    ['MS-ASCMD_R7547', CommonStatus.invalidXml, 400],
    ['MS-ASCMD_R7550', CommonStatus.serverError, 500],
    ['MS-ASCMD_R7551', CommonStatus.serverErrorRetryLater, 503],
    ['MS-ASCMD_R7553', CommonStatus.mailboxQuotaExceeded, 507],
    ['MS-ASCMD_R7554', CommonStatus.userCouldNotBeFound, 403],
    ['MS-ASCMD_R7555', CommonStatus.userDisabledForSync, 403],
    ['MS-ASCMD_R7558', CommonStatus.commandNotSupported, 501],
    ['MS-ASCMD_R7563', CommonStatus.legacyDeviceOnStrictPolicy, 449],
    ['MS-ASCMD_R7564', CommonStatus.deviceNotProvisioned, 449],
    ['MS-ASCMD_R7565', CommonStatus.policyRefresh, 449],
  ])('%s: status %i is HTTP %i', (_, status, httpStatus) => expect(httpStatusOf(status)).toBe(httpStatus));
});

describe('the shortest answer', () => {
  it('is the root of the command and a status, both of one namespace', () => {
    expect(statusAnswer('FolderSync', CommonStatus.deviceNotProvisioned)).toEqual(
      element('FolderHierarchy:FolderSync', element('FolderHierarchy:Status', '142')),
    );
  });

  it('exists for every command that has documents', () => {
    const without = COMMANDS.filter((command) => rootTagOf(command) === undefined);
    expect(without).toEqual([
      'GetAttachment',
      'GetHierarchy',
      'CreateCollection',
      'DeleteCollection',
      'MoveCollection',
    ]);
    for (const command of COMMANDS) {
      const answer = statusAnswer(command, CommonStatus.serverError);
      if (answer) expect(readWbxml(writeWbxml(answer))).toEqual(answer);
      if (answer) expect(answer.tag).toBe(rootTagOf(command));
    }
  });
});
