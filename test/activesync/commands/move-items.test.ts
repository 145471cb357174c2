import { describe, expect, it } from 'vitest';
import { BackendError } from '../../../lib/backends/index.ts';
import type { DeviceSync, MoveResult } from '../../../lib/sync/index.ts';
import { fakeUser } from './support/fake-user.ts';
import { TestDevice } from './support/test-device.ts';

const move = (item: string, source: string, ...targets: string[]) =>
  `<Move><SrcMsgId>${item}</SrcMsgId><SrcFldId>${source}</SrcFldId>${targets
    .map((it) => `<DstFldId>${it}</DstFldId>`)
    .join('')}</Move>`;
const request = (...moves: string[]) => `<MoveItems>${moves.join('')}</MoveItems>`;

function ready(script: DeviceSync['move']) {
  const moved: string[][] = [];
  const { user } = fakeUser({
    record: {},
    device: {
      move: (...ids) => {
        moved.push(ids);
        return script(...ids);
      },
    },
  });
  return { device: new TestDevice(user), moved };
}

const answers = (result: MoveResult) => ready(() => Promise.resolve(result)).device;

describe('MoveItems', () => {
  it('MS-ASCMD_R285, MS-ASCMD_R290, MS-ASCMD_R4217, MS-ASCMD_R3822: moves an item and tells its new id', async () => {
    const { device, moved } = ready(() => Promise.resolve({ kind: 'moved', serverId: '3:9' }));
    expect((await device.post('MoveItems', request(move('1:7', '1', '3')))).xml).toBe(
      '<MoveItems><Response><SrcMsgId>1:7</SrcMsgId><Status>3</Status><DstMsgId>3:9</DstMsgId></Response></MoveItems>',
    );
    expect(moved).toEqual([['1:7', '1', '3']]);
  });

  it('MS-ASCMD_R3977: answers each move on its own, in the order received', async () => {
    const { device } = ready((item) =>
      Promise.resolve(
        item === '1:2' ? { kind: 'refused', reason: 'invalid-source' } : { kind: 'moved', serverId: `3:${item}` },
      ),
    );
    const reply = await device.post(
      'MoveItems',
      request(move('1:1', '1', '3'), move('1:2', '1', '3'), move('1:3', '1', '3')),
    );
    expect(reply.xml).toBe(
      '<MoveItems>' +
        '<Response><SrcMsgId>1:1</SrcMsgId><Status>3</Status><DstMsgId>3:1:1</DstMsgId></Response>' +
        '<Response><SrcMsgId>1:2</SrcMsgId><Status>1</Status></Response>' +
        '<Response><SrcMsgId>1:3</SrcMsgId><Status>3</Status><DstMsgId>3:1:3</DstMsgId></Response>' +
        '</MoveItems>',
    );
  });

  it.each([
    ['MS-ASCMD_R4207, MS-ASCMD_R4208: a source that is not there', 'invalid-source', 1],
    ['MS-ASCMD_R4212: a destination that is not there', 'invalid-target', 2],
    ['a folder onto itself', 'same-folder', 4],
    ['a mail system that cannot now', 'failed', 7],
  ] as const)('MS-ASCMD_R4201: %s', async (_what, reason, status) => {
    expect((await answers({ kind: 'refused', reason }).post('MoveItems', request(move('1:7', '1', '3')))).xml).toBe(
      `<MoveItems><Response><SrcMsgId>1:7</SrcMsgId><Status>${status}</Status></Response></MoveItems>`,
    );
  });

  it('MS-ASCMD_R4219: to the folder where the item is already is Status 4, and nothing is moved', async () => {
    const { device, moved } = ready(() => Promise.resolve({ kind: 'moved', serverId: 'x' }));
    expect((await device.post('MoveItems', request(move('1:7', '1', '1')))).xml).toContain('<Status>4</Status>');
    expect(moved).toEqual([]);
  });

  it('MS-ASCMD_R4222: to two folders at once is Status 5, and nothing is moved', async () => {
    const { device, moved } = ready(() => Promise.resolve({ kind: 'moved', serverId: 'x' }));
    expect((await device.post('MoveItems', request(move('1:7', '1', '2', '3')))).xml).toBe(
      '<MoveItems><Response><SrcMsgId>1:7</SrcMsgId><Status>5</Status></Response></MoveItems>',
    );
    expect(moved).toEqual([]);
  });

  it('MS-ASCMD_R5653: of more than 1000 items is Status 103, and nothing is moved', async () => {
    const { device, moved } = ready(() => Promise.resolve({ kind: 'moved', serverId: 'x' }));
    const many = Array.from({ length: 1001 }, (_, at) => move(`1:${at}`, '1', '3'));
    expect((await device.post('MoveItems', request(...many))).xml).toBe('<MoveItems><Status>103</Status></MoveItems>');
    expect(moved).toEqual([]);
    expect((await device.post('MoveItems', request(...many.slice(1)))).xml).toContain('<Status>3</Status>');
    expect(moved).toHaveLength(1000);
  });

  it('MS-ASCMD_R5882: refuses an item id of more than 64 characters, and one of none', async () => {
    const device = answers({ kind: 'moved', serverId: 'x' });
    for (const id of ['x'.repeat(65), '']) {
      expect((await device.post('MoveItems', request(move(id, '1', '3')))).xml).toBe(
        '<MoveItems><Status>103</Status></MoveItems>',
      );
    }
  });

  it('tells what was moved before the mail system went away', async () => {
    const { device } = ready((item) =>
      item === '1:1'
        ? Promise.resolve({ kind: 'moved', serverId: '3:1' })
        : Promise.reject(new BackendError('unavailable', 'The mail system cannot be reached')),
    );
    expect((await device.post('MoveItems', request(move('1:1', '1', '3'), move('1:2', '1', '3')))).xml).toBe(
      '<MoveItems><Response><SrcMsgId>1:1</SrcMsgId><Status>3</Status><DstMsgId>3:1</DstMsgId></Response>' +
        '<Response><SrcMsgId>1:2</SrcMsgId><Status>7</Status></Response></MoveItems>',
    );
  });
});
