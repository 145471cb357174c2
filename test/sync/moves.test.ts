// MoveItems (MS-ASCMD 2.2.1.12), and what is done to mail outside a Sync.
import { describe, expect, it } from 'vitest';
import type { SyncFolder } from '../../lib/sync/index.ts';
import { settle, Stage } from './support/stage.ts';
import { told } from './support/transcript.ts';

async function mailbox(count = 1) {
  const stage = new Stage();
  for (let i = 0; i < count; i++) stage.mailbox.deliver();
  stage.mailbox.addFolder('Work');
  const work = (await stage.user.folders()).find(({ name }) => name === 'Work') as SyncFolder;
  return { stage, work, device: stage.user.device('phone1') };
}

describe('MoveItems', () => {
  it('MS-ASCMD_R285, MS-ASCMD_R290: moves, and tells the new id', async () => {
    const { stage, work, device } = await mailbox();
    expect(await device.move('1:1', '1', work.id)).toEqual({ kind: 'moved', serverId: `${work.id}:1` });
    expect(stage.mailbox.messages()).toEqual([]);
    expect(stage.mailbox.messages('Work')).toHaveLength(1);
  });

  it('MS-ASCMD_R289: the next Syncs bring a deletion there and an addition here', async () => {
    const { stage, work, device } = await mailbox();
    const source = await stage.phone();
    await source.prime();
    const target = await stage.phone();
    Object.assign(target, { folder: work });
    await target.prime();
    await device.move('1:1', '1', work.id);
    expect(told(await source.sync())).toEqual(['delete 1:1']);
    expect(told(await target.sync())).toEqual([`add ${work.id}:1`]);
  });

  it('a lost answer is given again, also by the server that comes after; nothing is moved twice', async () => {
    const { stage, work, device } = await mailbox();
    const moved = await device.move('1:1', '1', work.id);
    expect(await device.move('1:1', '1', work.id)).toEqual(moved);
    stage.restart();
    expect(await stage.user.device('phone1').move('1:1', '1', work.id)).toEqual(moved);
    expect(stage.mailbox.messages('Work')).toHaveLength(1);
  });

  it('a device that asks again before it is answered is told the same twice; nothing is moved twice', async () => {
    const { stage, work, device } = await mailbox();
    const [first, second] = await Promise.all([device.move('1:1', '1', work.id), device.move('1:1', '1', work.id)]);
    expect(first).toEqual({ kind: 'moved', serverId: `${work.id}:1` });
    expect(second).toEqual(first);
    expect(stage.mailbox.messages('Work')).toHaveLength(1);
  });

  it.each([
    ['the server before', 0],
    ['the server after', 1],
  ])('two servers have the same move under way, and the mail system does that of %s first', async (_, winner) => {
    const { stage, work, device: before } = await mailbox();
    const after = stage.restart().device('phone1');
    const moves: (() => void)[] = [];
    const move = stage.mailbox.move.bind(stage.mailbox);
    stage.mailbox.move = async (...meant) => {
      await new Promise<void>((go) => moves.push(go));
      return move(...meant);
    };
    const answers = [before.move('1:1', '1', work.id)];
    await settle();
    answers.push(after.move('1:1', '1', work.id));
    await settle();
    for (const index of [winner, 1 - winner]) {
      moves[index]?.();
      await settle();
    }
    const moved = { kind: 'moved', serverId: `${work.id}:1` };
    expect(await Promise.all(answers)).toEqual([moved, moved]);
    expect(stage.mailbox.messages('Work')).toHaveLength(1);
    expect(await after.move('1:1', '1', work.id)).toEqual(moved);
  });

  it.each([
    ['MS-ASCMD_R4207: from a folder that does not exist', '4711:1', '4711', 'Work', 'invalid-source'],
    ['MS-ASCMD_R4208: what is not in the source folder', '1:99', '1', 'Work', 'invalid-source'],
    ['what is in another folder than it says', '2:1', '1', 'Work', 'invalid-source'],
    ['an odd id', 'x', '1', 'Work', 'invalid-source'],
    ['MS-ASCMD_R4212: to a folder that does not exist', '1:1', '1', '4711', 'invalid-target'],
    ['MS-ASCMD_R4219: to where it is', '1:1', '1', '1', 'same-folder'],
  ])('%s is refused', async (_, serverId, from, to, reason) => {
    const { work, device } = await mailbox();
    const target = to === 'Work' ? work.id : to;
    expect(await device.move(serverId, from, target)).toEqual({ kind: 'refused', reason });
  });

  it('MS-ASCMD_R4208: what another device moved out before', async () => {
    const { stage, work, device } = await mailbox();
    await device.move('1:1', '1', work.id);
    const answer = await stage.user.device('tablet').move('1:1', '1', work.id);
    expect(answer).toEqual({ kind: 'refused', reason: 'invalid-source' });
  });

  it('to a calendar is refused', async () => {
    const { stage, device } = await mailbox();
    const calendar = await stage.user.folderOfKind('calendar');
    const answer = await device.move('1:1', '1', calendar?.id ?? '');
    expect(answer).toEqual({ kind: 'refused', reason: 'invalid-target' });
  });

  it('an id of before the folder was made anew names nothing', async () => {
    const { stage, work, device } = await mailbox();
    await (await stage.phone()).prime();
    stage.mailbox.recreate();
    await (await stage.phone()).prime();
    expect(await device.move('1:1', '1', work.id)).toEqual({ kind: 'refused', reason: 'invalid-source' });
    expect(await device.move('1.1:1', '1', work.id)).toMatchObject({ kind: 'moved' });
  });
});

describe('outside a Sync', () => {
  it('an item is found by the id that a Sync gave it', async () => {
    const { stage } = await mailbox();
    const item = await stage.user.item('1:1');
    expect(item).toMatchObject({ uid: 1, folder: { id: '1', kind: 'inbox' } });
    const messages = await stage.user.fetch(item ? [item] : [], () => []);
    expect(Buffer.from(messages.get('1:1')?.header ?? []).toString()).toContain('Subject: message 1\r\n');
  });

  it.each(['', 'x', '4711:1', '1.7:1', '1:0'])('%j is none', async (serverId) => {
    const { stage } = await mailbox();
    expect(await stage.user.item(serverId)).toBeUndefined();
  });

  it('an id of before the folder was made anew, while nobody looked, is none', async () => {
    const { stage } = await mailbox();
    await (await stage.phone()).prime();
    stage.mailbox.recreate();
    stage.restart();
    expect(await stage.user.item('1:1')).toBeUndefined();
    expect(await stage.user.item('1.1:1')).toMatchObject({ uid: 1 });
  });

  it('a hit of a search has the id that a Sync gives it', async () => {
    const { stage, work } = await mailbox();
    stage.mailbox.deliver('Work', { text: 'Subject: needle\r\n\r\n' });
    const hits = await stage.user.search(await stage.user.folders(), { text: 'needle' }, 10);
    expect(hits).toMatchObject([{ serverId: `${work.id}:1`, folder: { id: work.id } }]);
  });

  it('flags that are changed reach every device', async () => {
    const { stage } = await mailbox();
    const phone = await stage.phone();
    await phone.prime();
    const item = await stage.user.item('1:1');
    await stage.user.updateFlags(item ? [item] : [], { add: ['\\Answered'] });
    expect(told(await phone.sync())).toEqual(['change 1:1']);
  });

  it('a folder is emptied, MS-ASCMD_R2244: and its subfolders stay unless they are to go too', async () => {
    const { stage, work } = await mailbox();
    stage.mailbox.deliver('Work');
    stage.mailbox.addFolder('Sub', 'user', 'Work');
    await stage.user.emptyFolder(work, { withSubfolders: false });
    expect(stage.mailbox.messages('Work')).toEqual([]);
    expect(stage.mailbox.hasFolder('Work/Sub')).toBe(true);
    await stage.user.rescan();
    await stage.user.emptyFolder(work, { withSubfolders: true });
    expect(stage.mailbox.hasFolder('Work/Sub')).toBe(false);
    expect(stage.mailbox.hasFolder('Work')).toBe(true);
  });

  it('a conversation is moved from wherever it is, but not out of sent mail', async () => {
    const { stage, work } = await mailbox(3);
    stage.mailbox.deliver('Sent');
    const conversationOf = () => Buffer.from('the one');
    const moved = await stage.user.moveConversation(Buffer.from('the one'), work.id, conversationOf);
    expect(moved).toMatchObject({ kind: 'moved' });
    expect(stage.mailbox.messages()).toEqual([]);
    expect(stage.mailbox.messages('Work')).toHaveLength(3);
    expect(stage.mailbox.messages('Sent')).toHaveLength(1);
    const other = await stage.user.moveConversation(Buffer.from('another'), work.id, conversationOf);
    expect(other).toEqual({ kind: 'refused', reason: 'invalid-source' });
  });
});
