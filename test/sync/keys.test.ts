// Sync keys: what is handed out, what is accepted, and what a repeated request gets (sync-state.md, rules 1 to 4).
import { describe, expect, it } from 'vitest';
import { addDraft, remove, renderer, setRead } from './support/phone.ts';
import { Stage } from './support/stage.ts';
import { told } from './support/transcript.ts';

describe('a series begins with key 0', () => {
  it('MS-ASCMD_R648, MS-ASCMD_R4599: the first answer has a key and no content', async () => {
    const stage = new Stage();
    stage.mailbox.deliver();
    const phone = await stage.phone();
    const answer = await phone.sync();
    expect(answer).toMatchObject({ changed: true, changes: [], outcomes: [], moreAvailable: false });
    expect(answer.syncKey).toMatch(/^\{[0-9a-z]{12}\}1$/);
  });

  it('MS-ASCMD_R654, MS-ASCMD_R4602, MS-ASCMD_R4606: the next brings all objects and another key', async () => {
    const stage = new Stage();
    for (let i = 0; i < 3; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    const first = await phone.sync();
    const second = await phone.sync();
    expect(told(second)).toEqual(['add 1:3', 'add 1:2', 'add 1:1']);
    expect(second.syncKey).toBe(first.syncKey.replace(/1$/, '2'));
  });

  it('MS-ASCMD_R3128, MS-ASCMD_R5838: content asked for under key 0 is malformed', async () => {
    const phone = await new Stage().phone();
    expect(await phone.ask({ getChanges: true })).toEqual({ kind: 'refused', reason: 'malformed' });
  });

  it('commands under key 0 are malformed, and are not carried out', async () => {
    const stage = new Stage();
    const uid = stage.mailbox.deliver();
    const phone = await stage.phone();
    const answer = await phone.ask({ commands: [remove(`1:${uid}`)] });
    expect(answer).toEqual({ kind: 'refused', reason: 'malformed' });
    expect(stage.mailbox.messages()).toHaveLength(1);
  });

  it('a second beginning while the first is unconfirmed is the same beginning, and costs no write', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    const first = await phone.sync({ syncKey: '0' });
    const counts = await stage.store.counted(() => phone.sync({ syncKey: '0', getChanges: false }));
    expect(phone.key).toBe(first.syncKey);
    expect(counts.writes).toBe(0);
  });

  it('two beginnings at once are one', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    const wish = { syncKey: '0', getChanges: false };
    const [one, two] = await Promise.all([phone.ask(wish), phone.ask(wish)]);
    expect(one).toEqual(two);
  });

  it('a beginning after the first key was used is a new series', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    const first = await phone.sync({ syncKey: '0', getChanges: false });
    await phone.sync();
    await phone.sync({ syncKey: '0', getChanges: false });
    expect(phone.key).not.toBe(first.syncKey);
    expect(await phone.ask({ syncKey: first.syncKey })).toEqual({ kind: 'refused', reason: 'invalid-key' });
  });

  it('options that come with the second beginning are taken', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    await phone.sync();
    const options = { filterDays: 3, conflict: 'client', rendering: { body: 2 } } as const;
    await phone.sync({ syncKey: '0', getChanges: false, options });
    expect(await phone.device.rememberedOptions(phone.folder.id)).toEqual(options);
  });
});

describe('a key that was not handed out', () => {
  it.each(['1', '', '{}1', '{abc}0', '{abc}01', '{abc}-1', '{abc}1.5', 'x'.repeat(300), '{abcdefghijkl}1', '00'])(
    'MS-ASCMD_R4425: %j is invalid',
    async (syncKey) => {
      const phone = await new Stage().phone();
      await phone.prime();
      expect(await phone.ask({ syncKey, getChanges: true })).toEqual({ kind: 'refused', reason: 'invalid-key' });
    },
  );

  it('MS-ASCMD_R4425: so is one before the last but one, and one that no lag of a store explains', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    await phone.prime();
    const keys = [phone.key];
    for (let i = 0; i < 2; i++) {
      stage.mailbox.deliver();
      await phone.sync();
      keys.push(phone.key);
    }
    expect(await phone.ask({ syncKey: keys[0] as string })).toMatchObject({ reason: 'invalid-key' });
    const next = phone.key.replace(/\d+$/, (n) => String(Number(n) + 1_001));
    expect(await phone.ask({ syncKey: next })).toMatchObject({ reason: 'invalid-key' });
    expect(await phone.ask()).toMatchObject({ kind: 'answer' });
  });

  it('one consistent read comes before a key is called invalid: another server may have moved on', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    await phone.prime();
    const other = stage.restart();
    const elsewhere = await stage.phone();
    elsewhere.key = phone.key;
    stage.mailbox.deliver();
    await elsewhere.sync();
    // The first server still has the old state in memory; the device comes back to it with the new key.
    phone.key = elsewhere.key;
    expect(await phone.ask()).toMatchObject({ kind: 'answer', changed: false });
    await other.close();
  });

  it('a folder that nobody knows is not found', async () => {
    const phone = await new Stage().phone();
    const request = { ...phone.request(), collectionId: '4711' };
    expect(await phone.device.syncCollection(request, renderer)).toEqual({ kind: 'refused', reason: 'not-found' });
  });
});

describe('an answer that was lost', () => {
  it('is given again: the same changes under the same key, without a write', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    await phone.prime();
    const uid = stage.mailbox.deliver();
    stage.mailbox.deliver();
    const lost = await phone.ask();
    stage.mailbox.deliver();
    stage.mailbox.flag(uid, { add: ['\\Flagged'] });
    let again: unknown;
    const counts = await stage.store.counted(async () => (again = await phone.ask()));
    expect(again).toEqual({ ...lost, moreAvailable: true });
    expect(counts.writes).toBe(0);
  });

  it('without what is gone meanwhile: its deletion comes next time', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    await phone.prime();
    const uid = stage.mailbox.deliver();
    stage.mailbox.deliver();
    await phone.ask();
    stage.mailbox.expunge(uid);
    expect(told(await phone.sync())).toEqual(['add 1:2']);
    expect(told(await phone.sync())).toEqual(['delete 1:1']);
  });

  it('survives the server', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    await phone.prime();
    stage.mailbox.deliver();
    const lost = await phone.ask();
    stage.restart();
    const after = await stage.phone();
    after.key = phone.key;
    expect(await after.ask()).toEqual(lost);
  });

  it('MS-ASCMD_R748: an Add is not carried out again, and is answered with the same id', async () => {
    const stage = new Stage();
    const phone = await stage.phone('phone1', 'drafts');
    await phone.prime();
    const command = addDraft('once', 'c1');
    const lost = await phone.ask({ commands: [command] });
    const again = await phone.sync({ commands: [command] });
    expect(again).toEqual(lost);
    expect(again.outcomes).toEqual([{ kind: 'added', clientId: 'c1', serverId: `${phone.folder.id}:1` }]);
    expect(stage.mailbox.messages('Drafts')).toHaveLength(1);
    expect(stage.mailbox.calls.get('append')).toBe(1);
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('new commands beside repeated ones: only the new ones are carried out', async () => {
    const stage = new Stage();
    const phone = await stage.phone('phone1', 'drafts');
    await phone.prime();
    const first = addDraft('first', 'c1');
    await phone.ask({ commands: [first] });
    const answer = await phone.sync({ commands: [first, addDraft('second', 'c2')] });
    expect(answer.outcomes.map((outcome) => ('clientId' in outcome ? outcome.clientId : ''))).toEqual(['c1', 'c2']);
    expect(stage.mailbox.messages('Drafts')).toHaveLength(2);
    expect(await phone.sync()).toMatchObject({ changed: false });
  });

  it('a command is remembered even if the device comes once without it in between', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    const uid = stage.mailbox.deliver();
    await phone.prime();
    const command = setRead(`1:${uid}`);
    await phone.ask({ commands: [command] });
    await phone.ask();
    stage.mailbox.flag(uid, { remove: ['\\Seen'] });
    stage.mailbox.calls.clear();
    await phone.sync({ commands: [command] });
    expect(stage.mailbox.calls.get('updateFlags')).toBeUndefined();
  });

  it('read, unread and read again under one key ends as read', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    const uid = stage.mailbox.deliver();
    await phone.prime();
    const id = `1:${uid}`;
    await phone.ask({ commands: [setRead(id, true)] });
    await phone.ask({ commands: [setRead(id, false)] });
    await phone.sync({ commands: [setRead(id, true)] });
    expect(stage.mailbox.messages()[0]?.flags).toEqual(['\\Seen']);
  });

  it('without the commands: everything since, its own change included', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    const uid = stage.mailbox.deliver();
    await phone.prime();
    await phone.ask({ commands: [setRead(`1:${uid}`)] });
    stage.mailbox.deliver();
    const answer = await phone.sync();
    expect(told(answer)).toEqual(['change 1:1', 'add 1:2']);
    expect(phone.items.get('1:1')?.flags).toBe('\\Seen');
  });

  it('from the key before the last answer, which the device had applied: everything since', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    const uid = stage.mailbox.deliver();
    await phone.prime();
    const { key } = phone;
    await phone.sync({ commands: [setRead(`1:${uid}`)] });
    expect(told(await phone.sync({ syncKey: key }))).toEqual(['change 1:1']);
  });

  it('with other options: it is made anew by them', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    await phone.prime();
    stage.mailbox.deliver('INBOX', { receivedAt: new Date(stage.clock.now() - 5 * 86_400_000) });
    stage.mailbox.deliver();
    const lost = await phone.ask();
    expect(lost.kind === 'answer' && told(lost)).toEqual(['add 1:2', 'add 1:1']);
    const options = { filterDays: 1, conflict: 'server', rendering: null } as const;
    expect(told(await phone.sync({ options }))).toEqual(['add 1:2']);
    expect(await phone.sync({ options })).toMatchObject({ changed: false });
  });

  it('with a smaller window: no more than that', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    await phone.prime();
    for (let i = 0; i < 4; i++) stage.mailbox.deliver();
    await phone.ask();
    expect(await phone.sync({ windowSize: 2 })).toMatchObject({ moreAvailable: true });
    expect(phone.items.size).toBe(2);
    await phone.drain();
    expect(phone.items.size).toBe(4);
  });
});
