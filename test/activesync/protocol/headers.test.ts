import { describe, expect, it } from 'vitest';
import {
  COMMANDS,
  hasCommand,
  optionsHeaders,
  PROTOCOL_VERSIONS,
  reinitialiseHeaders,
} from '../../../lib/activesync/protocol/index.ts';

describe('the answer to OPTIONS', () => {
  const headers = optionsHeaders();

  it('MS-ASHTTP_R1107, MS-ASHTTP_R244: names versions and commands', () => {
    expect(headers).toHaveProperty('MS-ASProtocolVersions');
    expect(headers).toHaveProperty('MS-ASProtocolCommands');
  });

  it('MS-ASHTTP_R459, MS-ASHTTP_R460, MS-ASHTTP_R461, MS-ASHTTP_R1201, MS-ASHTTP_R12011, MS-ASHTTP_R249, MS-ASHTTP_R296: has every version', () => {
    expect(headers['MS-ASProtocolVersions']).toBe('12.1,14.0,14.1,16.0,16.1');
  });

  it('MS-ASHTTP_R247: lists the commands with commas', () => {
    const old = ['CreateCollection', 'DeleteCollection', 'MoveCollection'];
    expect(headers['MS-ASProtocolCommands']?.split(',')).toEqual(COMMANDS.filter((it) => !old.includes(it)));
  });
});

it('MS-ASHTTP_R227: a device that must begin anew is told the versions and commands', () => {
  expect(reinitialiseHeaders()).toEqual({
    'X-MS-RP': '12.1,14.0,14.1,16.0,16.1',
    'MS-ASProtocolVersions': '12.1,14.0,14.1,16.0,16.1',
    'MS-ASProtocolCommands': optionsHeaders()['MS-ASProtocolCommands'],
  });
});

describe('the commands of a version', () => {
  const having = (command: (typeof COMMANDS)[number]) => PROTOCOL_VERSIONS.filter((it) => hasCommand(it, command));

  it('MS-ASCMD_R10032015, MS-ASCMD_R10032019: Find is of 16.1 alone', () => expect(having('Find')).toEqual(['16.1']));
  it('MS-ASCMD_R6020, MS-ASCMD_R6021, MS-ASCMD_R6022, MS-ASCMD_R6023: GetAttachment is of 12.1 alone', () =>
    expect(having('GetAttachment')).toEqual(['12.1']));
  it('MS-ASCMD_R6048, MS-ASCMD_R6049: GetHierarchy is of 12.1 alone', () =>
    expect(having('GetHierarchy')).toEqual(['12.1']));
  it('MS-ASCMD_R6057, MS-ASCMD_R6060: ItemOperations is of all', () =>
    expect(having('ItemOperations')).toEqual([...PROTOCOL_VERSIONS]));
});
