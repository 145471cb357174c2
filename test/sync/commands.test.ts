// What devices do to mail in a Sync (sync-state.md, rules 1, 2 and 10; MS-ASCMD 2.2.1.21).
import { describe, expect, it } from 'vitest';
import { BackendError } from '../../lib/backends/index.ts';
import type { ClientCommand } from '../../lib/sync/index.ts';
import { addDraft, ALL_MAIL, type PhoneCollection, remove, setRead } from './support/phone.ts';
import { Stage } from './support/stage.ts';
import { told } from './support/transcript.ts';

async function withMail(count: number, options?: ConstructorParameters<typeof Stage>[0]) {
  const stage = new Stage(options);
  for (let i = 0; i < count; i++) stage.mailbox.deliver();
  const phone = await stage.phone();
  await phone.prime();
  return { stage, phone };
}

const flagsOf = (stage: Stage, uid: number) => stage.mailbox.messages().find((message) => message.uid === uid)?.flags;
const flagged = (serverId: string): ClientCommand => ({
  kind: 'change',
  serverId,
  change: { add: ['\\Flagged'] },
  digest: `flag ${serverId}`,
});

describe('flags', () => {
  it('are set, and the device does not hear of its own change', async () => {
    const { stage, phone } = await withMail(1);
    const answer = await phone.sync({ commands: [setRead('1:1')] });
    expect(flagsOf(stage, 1)).toEqual(['\\Seen']);
    expect(answer).toMatchObject({ changed: true, outcomes: [], changes: [] });
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('also where nothing tells of changes: the engine looks again after it made one', async () => {
    const { stage, phone } = await withMail(1, { canPush: false });
    await phone.sync({ commands: [setRead('1:1')] });
    await stage.clock.advance(2_000);
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('the other device hears of it', async () => {
    const { stage, phone } = await withMail(1);
    const tablet = await stage.phone('tablet');
    await tablet.prime();
    await phone.sync({ commands: [setRead('1:1')] });
    expect(told(await tablet.sync())).toEqual(['change 1:1']);
    expect(tablet.items.get('1:1')?.flags).toBe('\\Seen');
  });

  it('are set on a message that is older than the filter, as a search finds it, and the folder stays as it is', async () => {
    const stage = new Stage();
    for (const day of [100, 1, 100]) {
      stage.mailbox.deliver('INBOX', { receivedAt: new Date(stage.clock.now() - day * 86_400_000) });
    }
    stage.mailbox.flag(1, { add: ['Work'] });
    stage.mailbox.flag(3, { add: ['\\Deleted'] });
    const phone = await stage.phone();
    phone.options = { ...ALL_MAIL, filterDays: 3 };
    await phone.prime();
    let seen: readonly string[] = [];
    const adjust = (current: readonly string[]) => {
      seen = current;
      return { add: [], remove: [] };
    };
    await phone.sync({ commands: [{ kind: 'change', serverId: '1:1', change: { adjust }, digest: 'adjust 1:1' }] });
    expect(seen, 'what it has of flags now').toEqual(['Work']);
    const gone = ['1:3', '1:4'];
    const answer = await phone.sync({ commands: [setRead('1:1'), flagged('1:1'), ...gone.map((id) => setRead(id))] });
    expect(answer).toMatchObject({
      outcomes: gone.map((serverId) => ({ failure: 'not-found', serverId })),
      changes: [],
    });
    expect(flagsOf(stage, 1)?.toSorted()).toEqual(['Work', '\\Flagged', '\\Seen']);
    expect([...phone.items.keys()]).toEqual(['1:2']);
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('many changes of one kind are one call', async () => {
    const { stage, phone } = await withMail(50);
    stage.mailbox.calls.clear();
    await phone.sync({ commands: [...phone.items.keys()].map((id) => setRead(id)) });
    expect(stage.mailbox.calls.get('updateFlags')).toBe(1);
    expect(stage.mailbox.messages().every(({ flags }) => flags.includes('\\Seen'))).toBe(true);
  });

  it('the last of several changes of one message holds', async () => {
    const { stage, phone } = await withMail(1);
    await phone.sync({ commands: [setRead('1:1', true), setRead('1:1', false)] });
    expect(flagsOf(stage, 1)).toEqual([]);
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('what another program changed meanwhile beside them is told', async () => {
    const { stage, phone } = await withMail(1);
    stage.mailbox.flag(1, { add: ['work'] });
    const answer = await phone.sync({ commands: [setRead('1:1')] });
    expect(told(answer)).toEqual(['change 1:1']);
    expect(phone.items.get('1:1')?.flags).toBe('\\Seen work');
  });

  it('MS-ASCMD_R4447: of a message that is gone cannot be changed', async () => {
    const { stage, phone } = await withMail(1);
    stage.mailbox.expunge(1);
    const answer = await phone.sync({ commands: [setRead('1:1')] });
    expect(answer.outcomes).toEqual([{ kind: 'failed', of: 'change', serverId: '1:1', failure: 'not-found' }]);
    expect(told(answer)).toEqual(['delete 1:1']);
  });

  it.each(['', '1', '1:', '2:1', '1:0', '1:1:1', '1.1:1', '1:99999999999999', 'x'.repeat(500)])(
    'of the odd id %j: not found, and the others are carried out',
    async (serverId) => {
      const { stage, phone } = await withMail(1);
      const answer = await phone.sync({ commands: [setRead(serverId), flagged('1:1')] });
      expect(answer.outcomes).toEqual([{ kind: 'failed', of: 'change', serverId, failure: 'not-found' }]);
      expect(flagsOf(stage, 1)).toEqual(['\\Flagged']);
    },
  );

  it('an id of before the folder was made anew does not touch the message that has its number now', async () => {
    const { stage, phone } = await withMail(2);
    stage.mailbox.recreate();
    const answer = await phone.sync({ commands: [setRead('1:1'), remove('1:2')] });
    expect(answer.outcomes).toEqual([{ kind: 'failed', of: 'change', serverId: '1:1', failure: 'not-found' }]);
    expect(stage.mailbox.messages().map(({ flags }) => flags)).toEqual([[], []]);
  });
});

describe('conflicts', () => {
  const unread = setRead('1:1', false);

  async function conflicting(): Promise<{ stage: Stage; phone: PhoneCollection }> {
    const made = await withMail(1);
    made.stage.mailbox.flag(1, { add: ['\\Seen'] });
    return made;
  }

  it('MS-ASCMD_R2066, MS-ASCMD_R2068, MS-ASCMD_R2069: the server wins, and its value is sent', async () => {
    const { stage, phone } = await conflicting();
    const answer = await phone.sync({ commands: [unread] });
    expect(answer.outcomes).toEqual([{ kind: 'failed', of: 'change', serverId: '1:1', failure: 'conflict' }]);
    expect(told(answer)).toEqual(['change 1:1']);
    expect(flagsOf(stage, 1)).toEqual(['\\Seen']);
    expect(phone.items.get('1:1')?.flags).toBe('\\Seen');
  });

  it('MS-ASCMD_R2067: the client wins if it says so', async () => {
    const { stage, phone } = await conflicting();
    const options = { ...ALL_MAIL, conflict: 'client' } as const;
    const answer = await phone.sync({ commands: [unread], options });
    expect(answer).toMatchObject({ outcomes: [], changes: [] });
    expect(flagsOf(stage, 1)).toEqual([]);
  });

  it('both doing the same is none', async () => {
    const { phone } = await conflicting();
    const answer = await phone.sync({ commands: [setRead('1:1', true)] });
    expect(answer).toMatchObject({ outcomes: [], changes: [] });
  });

  it('both changing different flags is none', async () => {
    const { stage, phone } = await conflicting();
    const answer = await phone.sync({ commands: [flagged('1:1')] });
    expect(answer.outcomes).toEqual([]);
    expect(flagsOf(stage, 1)).toEqual(['\\Seen', '\\Flagged']);
  });

  it('a device does not conflict with what it did itself before an answer was lost', async () => {
    const { stage, phone } = await withMail(1);
    await phone.ask({ commands: [setRead('1:1', true)] });
    const answer = await phone.sync({ commands: [unread] });
    expect(answer.outcomes).toEqual([]);
    expect(flagsOf(stage, 1)).toEqual([]);
  });

  it('a deletion takes precedence over a change', async () => {
    const { stage, phone } = await conflicting();
    const answer = await phone.sync({ commands: [remove('1:1')] });
    expect(answer).toMatchObject({ outcomes: [], changes: [] });
    expect(stage.mailbox.messages()).toEqual([]);
  });
});

describe('deletions', () => {
  it('MS-ASCMD_R2160: go to the trash', async () => {
    const { stage, phone } = await withMail(2);
    await phone.sync({ commands: [remove('1:1'), remove('1:2')], deletesAsMoves: true });
    expect(stage.mailbox.messages()).toEqual([]);
    expect(stage.mailbox.messages('Trash')).toHaveLength(2);
    expect(stage.mailbox.calls.get('move')).toBe(1);
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('MS-ASCMD_R2158: or are final', async () => {
    const { stage, phone } = await withMail(1);
    await phone.sync({ commands: [remove('1:1')], deletesAsMoves: false });
    expect(stage.mailbox.messages()).toEqual([]);
    expect(stage.mailbox.messages('Trash')).toEqual([]);
  });

  it('in the trash are final, whatever the device says', async () => {
    const stage = new Stage();
    stage.mailbox.deliver('Trash');
    const phone = await stage.phone('phone1', 'trash');
    await phone.prime();
    await phone.sync({ commands: [remove(`${phone.folder.id}:1`)], deletesAsMoves: true });
    expect(stage.mailbox.messages('Trash')).toEqual([]);
  });

  it('make a trash folder where there is none, and it keeps the id that devices know', async () => {
    const { stage, phone } = await withMail(1, { folders: [{ name: 'INBOX', kind: 'inbox' }] });
    const before = await stage.user.folderOfKind('trash');
    await phone.sync({ commands: [remove('1:1')] });
    const after = await stage.user.folderOfKind('trash');
    expect(before?.backendId).toBeUndefined();
    expect(after).toMatchObject({ id: before?.id, backendId: 'Deleted Items' });
    expect(stage.mailbox.messages('Deleted Items')).toHaveLength(1);
  });

  it('find the trash folder that somebody else has made at the same instant', async () => {
    const { stage, phone } = await withMail(1, { folders: [{ name: 'INBOX', kind: 'inbox' }] });
    stage.mailbox.fault = (call, isDone) => {
      if (call === 'createFolder' && isDone) throw new BackendError('already-exists', 'it exists');
    };
    expect((await phone.sync({ commands: [remove('1:1')] })).outcomes).toEqual([]);
    expect(stage.mailbox.messages('Deleted Items')).toHaveLength(1);
  });

  it('of what is gone already succeed', async () => {
    const { stage, phone } = await withMail(1);
    stage.mailbox.expunge(1);
    expect((await phone.sync({ commands: [remove('1:1')] })).outcomes).toEqual([]);
  });

  it('of what never was an item of this folder do not', async () => {
    const { phone } = await withMail(1);
    const answer = await phone.sync({ commands: [remove('7:1')] });
    expect(answer.outcomes).toEqual([{ kind: 'failed', of: 'delete', serverId: '7:1', failure: 'not-found' }]);
  });

  it('that the mail system forbids are told, and the message stays', async () => {
    const { stage, phone } = await withMail(1);
    stage.mailbox.fault = (call) => {
      if (call === 'move') throw new BackendError('forbidden', 'read-only');
    };
    const answer = await phone.sync({ commands: [remove('1:1')] });
    expect(answer.outcomes).toEqual([{ kind: 'failed', of: 'delete', serverId: '1:1', failure: 'forbidden' }]);
    expect(answer.changes).toEqual([]);
  });
});

describe('drafts (16.x)', () => {
  async function drafts() {
    const stage = new Stage();
    const phone = await stage.phone('phone1', 'drafts');
    await phone.prime();
    return { stage, phone, id: phone.folder.id };
  }

  it('MS-ASCMD_R957: are added, and answered with the client id and the new server id', async () => {
    const { stage, phone, id } = await drafts();
    const answer = await phone.sync({ commands: [addDraft('Hello', 'c1')] });
    expect(answer.outcomes).toEqual([{ kind: 'added', clientId: 'c1', serverId: `${id}:1` }]);
    expect(answer.changes).toEqual([]);
    expect(stage.mailbox.messages('Drafts')[0]?.flags).toEqual(['\\Draft', '\\Seen']);
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('another device gets it as an addition', async () => {
    const { stage, phone, id } = await drafts();
    await phone.sync({ commands: [addDraft('Hello', 'c1')] });
    const tablet = await stage.phone('tablet', 'drafts');
    await tablet.prime();
    expect([...tablet.items.keys()]).toEqual([`${id}:1`]);
  });

  it('MS-ASCMD_R755: nothing can be added elsewhere', async () => {
    const { stage, phone } = await withMail(0);
    const answer = await phone.sync({ commands: [addDraft('Hello', 'c1')] });
    expect(answer.outcomes).toEqual([{ kind: 'failed', of: 'add', clientId: 'c1', failure: 'forbidden' }]);
    expect(stage.mailbox.messages()).toEqual([]);
  });

  it('appended by a server that died before it could say so: found again, not appended twice', async () => {
    const { stage, phone } = await drafts();
    const command = addDraft('Hello', 'c1');
    stage.store.fault = (operation) => (operation === 'put' ? 'dropped' : undefined);
    expect(await phone.ask({ commands: [command] })).toEqual({ kind: 'refused', reason: 'unavailable' });
    stage.store.fault = undefined;
    stage.restart();
    const after = await stage.phone('phone1', 'drafts');
    after.key = phone.key;
    const answer = await after.sync({ commands: [command] });
    expect(answer.outcomes).toMatchObject([{ kind: 'added', clientId: 'c1' }]);
    expect(stage.mailbox.messages('Drafts')).toHaveLength(1);
  });

  it('the same draft made on purpose a second time is a second one', async () => {
    const { stage, phone } = await drafts();
    const command = addDraft('Hello', 'c1');
    await phone.sync({ commands: [command] });
    await phone.sync({ commands: [command] });
    expect(stage.mailbox.messages('Drafts')).toHaveLength(2);
  });

  it('are rewritten: the old one goes, the new one comes, once', async () => {
    const { stage, phone, id } = await drafts();
    await phone.sync({ commands: [addDraft('Old', 'c1')] });
    const rewrite: ClientCommand = {
      kind: 'change',
      serverId: `${id}:1`,
      digest: 'rewrite',
      change: { rewrite: (original) => Buffer.from(Buffer.from(original).toString().replace('Old', 'New')) },
    };
    const lost = await phone.ask({ commands: [rewrite] });
    const answer = await phone.sync({ commands: [rewrite] });
    expect(answer).toEqual(lost);
    expect(answer.outcomes).toEqual([{ kind: 'changed', serverId: `${id}:1` }]);
    expect(told(answer)).toEqual([`delete ${id}:1`, `add ${id}:2`]);
    expect(stage.mailbox.messages('Drafts').map(({ bytes }) => /Subject: (\w+)/.exec(bytes.toString())?.[1])).toEqual([
      'New',
    ]);
    expect(stage.mailbox.messages('Drafts')[0]?.flags).toEqual(['\\Draft', '\\Seen']);
  });

  it.each(['append', 'remove'] as const)('a rewriting that broke off after %s is finished by the retry', async (at) => {
    const { stage, phone, id } = await drafts();
    await phone.sync({ commands: [addDraft('Old', 'c1')] });
    const rewrite: ClientCommand = {
      kind: 'change',
      serverId: `${id}:1`,
      digest: 'rewrite',
      change: { rewrite: () => Buffer.from('Subject: New\r\n\r\n') },
    };
    stage.mailbox.fault = (call, isDone) => {
      if (call === at && isDone) throw new BackendError('unavailable', 'the connection broke');
    };
    expect(await phone.ask({ commands: [rewrite] })).toMatchObject({ reason: 'unavailable' });
    stage.mailbox.fault = undefined;
    const answer = await phone.sync({ commands: [rewrite] });
    expect(answer.outcomes).toEqual([{ kind: 'changed', serverId: `${id}:1` }]);
    expect(stage.mailbox.messages('Drafts')).toHaveLength(1);
    expect([...phone.items.keys()]).toEqual([`${id}:2`]);
  });

  it('a message elsewhere is not rewritten', async () => {
    const { stage, phone } = await withMail(1);
    const change = { rewrite: () => Buffer.from('Subject: New\r\n\r\n') };
    const answer = await phone.sync({ commands: [{ kind: 'change', serverId: '1:1', digest: 'x', change }] });
    expect(answer.outcomes).toEqual([{ kind: 'failed', of: 'change', serverId: '1:1', failure: 'forbidden' }]);
    expect(stage.mailbox.messages()).toHaveLength(1);
  });

  it('over quota: the one draft fails, the rest goes on', async () => {
    const { stage, phone } = await drafts();
    stage.mailbox.fault = (call) => {
      if (call === 'append') throw new BackendError('over-quota', 'full');
    };
    const answer = await phone.sync({ commands: [addDraft('Hello', 'c1')] });
    expect(answer.outcomes).toEqual([{ kind: 'failed', of: 'add', clientId: 'c1', failure: 'over-quota' }]);
  });
});

describe('Fetch', () => {
  const fetch = (serverId: string): ClientCommand => ({ kind: 'fetch', serverId, digest: `fetch ${serverId}` });

  it('brings the whole item and changes nothing: no write, the key stays', async () => {
    const { stage, phone } = await withMail(1);
    const { key } = phone;
    const counts = await stage.store.counted(async () => {
      const answer = await phone.sync({ commands: [fetch('1:1')] });
      expect(answer.outcomes).toEqual([
        { kind: 'fetched', serverId: '1:1', item: { subject: 'message 1', flags: '' } },
      ]);
      expect(answer).toMatchObject({ changed: true, syncKey: key });
    });
    expect(counts.writes).toBe(0);
  });

  it('MS-ASCMD_R4447: of what is gone or never was fails alone', async () => {
    const { stage, phone } = await withMail(2);
    stage.mailbox.expunge(1);
    const answer = await phone.sync({ commands: [fetch('1:1'), fetch('9:9'), fetch('1:2')] });
    expect(answer.outcomes).toMatchObject([
      { kind: 'failed', of: 'fetch', serverId: '1:1', failure: 'not-found' },
      { kind: 'failed', of: 'fetch', serverId: '9:9', failure: 'not-found' },
      { kind: 'fetched', serverId: '1:2' },
    ]);
  });

  it('outcomes come in the order of the commands', async () => {
    const { phone } = await withMail(2);
    const malformed: ClientCommand = { kind: 'malformed', of: 'change', serverId: '1:2', digest: 'bad' };
    const answer = await phone.sync({ commands: [fetch('1:2'), malformed, remove('3:3'), fetch('1:1')] });
    expect(answer.outcomes.map((outcome) => [outcome.kind, 'serverId' in outcome ? outcome.serverId : ''])).toEqual([
      ['fetched', '1:2'],
      ['failed', '1:2'],
      ['failed', '3:3'],
      ['fetched', '1:1'],
    ]);
  });

  it('from a folder that the mail system lacks finds nothing', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    Object.assign(phone, { folder: await stage.user.folderOfKind('calendar') });
    await phone.prime();
    const serverId = `${phone.folder.id}:1`;
    const answer = await phone.sync({ commands: [fetch(serverId), remove(serverId), setRead(serverId)] });
    expect(answer.outcomes).toEqual([
      { kind: 'failed', of: 'fetch', serverId, failure: 'not-found' },
      { kind: 'failed', of: 'change', serverId, failure: 'not-found' },
    ]);
  });

  it('is made again in a repetition', async () => {
    const { phone } = await withMail(2);
    const commands = [setRead('1:1'), fetch('1:2')];
    const lost = await phone.ask({ commands });
    expect(await phone.ask({ commands })).toEqual(lost);
  });
});

describe('when the mail system fails', () => {
  it.each(['changes', 'updateFlags', 'fetch'] as const)('in %s: nothing is told, and the retry does it', async (at) => {
    const { stage, phone } = await withMail(1);
    stage.mailbox.deliver();
    stage.mailbox.fault = (call) => {
      if (call === at) throw new BackendError('unavailable', 'gone');
    };
    const commands = [setRead('1:1')];
    expect(await phone.ask({ commands })).toEqual({ kind: 'refused', reason: 'unavailable' });
    stage.mailbox.fault = undefined;
    expect(told(await phone.sync({ commands }))).toEqual(['add 1:2']);
    expect(flagsOf(stage, 1)).toEqual(['\\Seen']);
  });

  it('the folder is gone: not found, and the next FolderSync tells', async () => {
    const stage = new Stage();
    const made = stage.mailbox.addFolder('Work');
    const folder = (await stage.user.folders()).find((each) => each.backendId === made.id);
    const device = stage.user.device('phone1');
    const { syncKey } = (await device.hierarchy('0')) as { syncKey: string };
    const phone = await stage.phone();
    Object.assign(phone, { folder });
    await phone.prime();
    stage.mailbox.dropFolder('Work');
    await stage.clock.advance(2_000);
    expect(await phone.ask()).toEqual({ kind: 'refused', reason: 'not-found' });
    expect(await device.hierarchy(syncKey)).toMatchObject({ changes: { deletedIds: [folder?.id] } });
  });
});
