// Waiting devices: one monitor, woken only for what they do not have (sync-state.md, rules 5, 8 and 9).
import { describe, expect, it } from 'vitest';
import { BackendError } from '../../lib/backends/index.ts';
import type { Completion } from '../../lib/sync/index.ts';
import { type PhoneCollection, setRead } from './support/phone.ts';
import { settle, Stage } from './support/stage.ts';

/** What completed tickets were completed with. */
class Door {
  readonly completed: string[] = [];
  readonly stage: Stage;

  constructor(stage: Stage) {
    this.stage = stage;
    stage.user.waiting.onCompletion((_, completion) => this.completed.push(describeCompletion(completion)));
  }

  wait(phones: readonly PhoneCollection[], purpose: 'ping' | 'sync' = 'ping'): string {
    return this.stage.user.waiting.open({
      deviceId: phones[0]?.device.deviceId ?? '',
      purpose,
      collectionIds: phones.map(({ folder }) => folder.id),
      changed: (ids, hierarchy) => ({ kind: 'answer', answer: hierarchy ? 'hierarchy' : `changed ${ids.join(' ')}` }),
      superseded: () => ({ kind: 'answer', answer: 'superseded' }),
    });
  }

  /** As a Ping does: ask, and wait if it is quiet. */
  async ping(...phones: readonly PhoneCollection[]): Promise<string> {
    for (const { device, folder } of phones) {
      const state = await device.watchState(folder.id);
      if (state !== 'quiet') return state;
    }
    this.wait(phones);
    await settle();
    return 'waiting';
  }
}

function describeCompletion(completion: Completion): string {
  return completion.kind === 'again' ? 'again' : String(completion.answer);
}

async function waiting(options: ConstructorParameters<typeof Stage>[0] = {}) {
  const stage = new Stage(options);
  stage.mailbox.deliver();
  const phone = await stage.phone();
  await phone.device.hierarchy('0');
  await phone.prime();
  const door = new Door(stage);
  return { stage, phone, door };
}

describe('what a device is told before it waits', () => {
  it('not-found of a folder that nobody knows, not-primed of one whose first Sync is unfinished', async () => {
    const { stage, phone } = await waiting();
    expect(await phone.device.watchState('4711')).toBe('not-found');
    const tablet = await stage.phone('tablet');
    expect(await tablet.device.watchState(tablet.folder.id)).toBe('not-primed');
    await tablet.sync();
    expect(await tablet.device.watchState(tablet.folder.id)).toBe('not-primed');
    await tablet.sync();
    expect(await tablet.device.watchState(tablet.folder.id)).toBe('quiet');
  });

  it('an empty folder that was synced once is quiet, also for the server that comes after', async () => {
    const { stage } = await waiting();
    const sent = await stage.phone('phone1', 'sent');
    await sent.prime();
    stage.restart();
    const after = await stage.phone('phone1', 'sent');
    expect(await after.device.watchState(after.folder.id)).toBe('quiet');
    stage.mailbox.deliver('Sent');
    await stage.clock.advance(2_000);
    expect(await after.device.watchState(after.folder.id)).toBe('changed');
  });

  it('changed while windows are left', async () => {
    const { stage } = await waiting();
    for (let i = 0; i < 3; i++) stage.mailbox.deliver();
    const tablet = await stage.phone('tablet');
    await tablet.sync();
    await tablet.sync({ windowSize: 1 });
    expect(await tablet.device.watchState(tablet.folder.id)).toBe('changed');
  });

  it('what merely grew out of the filter is no reason', async () => {
    const { stage } = await waiting();
    stage.mailbox.deliver('INBOX', { receivedAt: new Date(stage.clock.now() - 86_400_000) });
    const tablet = await stage.phone('tablet');
    tablet.options = { filterDays: 1, conflict: 'server', rendering: null };
    await tablet.prime();
    await stage.clock.advance(2 * 86_400_000);
    expect(await tablet.device.watchState(tablet.folder.id)).toBe('quiet');
    expect(await tablet.sync()).toMatchObject({ changed: true });
  });
});

describe('a waiting device', () => {
  it('MS-ASCMD_R306, MS-ASCMD_R4235: hears of new mail, and which folder', async () => {
    const { stage, phone, door } = await waiting();
    expect(await door.ping(phone)).toBe('waiting');
    expect(stage.user.waiting.size).toBe(1);
    stage.mailbox.deliver();
    await settle();
    expect(door.completed).toEqual([`changed ${phone.folder.id}`]);
    expect(stage.user.waiting.size).toBe(0);
  });

  it.each([
    ['a changed flag', (stage: Stage) => stage.mailbox.flag(1, { add: ['\\Seen'] })],
    ['a deletion', (stage: Stage) => stage.mailbox.expunge(1)],
    ['a mailbox made anew', (stage: Stage) => stage.mailbox.recreate()],
  ])('hears of %s', async (_, happen) => {
    const { stage, phone, door } = await waiting();
    await door.ping(phone);
    happen(stage);
    await settle();
    expect(door.completed).toEqual([`changed ${phone.folder.id}`]);
  });

  it('costs no operation of the store, and none of the mail system, while it waits', async () => {
    const { stage, phone, door } = await waiting();
    await door.ping(phone);
    stage.mailbox.calls.clear();
    const counts = await stage.store.counted(() => stage.clock.advance(3_540_000));
    expect(counts).toEqual({ reads: 0, writes: 0, queries: 0 });
    expect(stage.mailbox.callCount).toBe(0);
  });

  it('is not woken by what it did itself', async () => {
    const { stage, phone, door } = await waiting();
    await door.ping(phone);
    await phone.sync({ commands: [setRead('1:1')] });
    await settle();
    expect(door.completed).toEqual([]);
    const tablet = await stage.phone('tablet');
    await tablet.prime();
    await door.ping(tablet);
    await phone.sync({ commands: [setRead('1:1', false)] });
    await settle();
    expect(door.completed).toEqual([`changed ${phone.folder.id}`]);
  });

  it('is not woken by flags that no device sees', async () => {
    const { stage, phone, door } = await waiting();
    await door.ping(phone);
    stage.mailbox.flag(1, { add: ['$Junk'] });
    await settle();
    expect(door.completed).toEqual([]);
  });

  it("is not woken by what is out of its filter's window", async () => {
    const { stage } = await waiting();
    const tablet = await stage.phone('tablet');
    tablet.options = { filterDays: 1, conflict: 'server', rendering: null };
    await tablet.prime();
    const door = new Door(stage);
    await door.ping(tablet);
    stage.mailbox.deliver('INBOX', { receivedAt: new Date(stage.clock.now() - 10 * 86_400_000) });
    await settle();
    expect(door.completed).toEqual([]);
  });

  it('does not miss what came between the question and the wait', async () => {
    const { stage, phone, door } = await waiting();
    expect(await phone.device.watchState(phone.folder.id)).toBe('quiet');
    stage.mailbox.deliver();
    await settle();
    door.wait([phone]);
    await settle();
    expect(door.completed).toEqual([`changed ${phone.folder.id}`]);
  });

  it('nor what came in the very instant before', async () => {
    const { stage, phone, door } = await waiting();
    expect(await phone.device.watchState(phone.folder.id)).toBe('quiet');
    stage.mailbox.deliver();
    door.wait([phone]);
    await settle();
    expect(door.completed).toEqual([`changed ${phone.folder.id}`]);
  });

  it('is answered by a newer wait of the same purpose, not by one of another or of another device', async () => {
    const { stage, phone, door } = await waiting();
    await door.ping(phone);
    door.wait([phone], 'sync');
    const tablet = await stage.phone('tablet');
    await tablet.prime();
    await door.ping(tablet);
    expect(door.completed).toEqual([]);
    await door.ping(phone);
    expect(door.completed).toEqual(['superseded']);
    expect(stage.user.waiting.size).toBe(3);
  });

  it('that hung up is forgotten', async () => {
    const { stage, phone, door } = await waiting();
    const ticket = door.wait([phone]);
    stage.user.waiting.close(ticket);
    stage.user.waiting.close(ticket);
    stage.mailbox.deliver();
    await settle();
    expect(door.completed).toEqual([]);
    expect(stage.user.waiting.size).toBe(0);
  });

  it('is told once, of all folders that changed together', async () => {
    const { stage, phone, door } = await waiting();
    const trash = await stage.phone('phone1', 'trash');
    await trash.prime();
    await door.ping(phone, trash);
    stage.mailbox.deliver();
    stage.mailbox.deliver('Trash');
    await settle();
    expect(door.completed).toHaveLength(1);
    expect(door.completed[0]).toMatch(/^changed /);
  });

  it('every waiting device of the user is served by one watch', async () => {
    const { stage } = await waiting();
    const door = new Door(stage);
    for (const deviceId of ['a', 'b', 'c', 'd']) {
      const phone = await stage.phone(deviceId);
      await phone.prime();
      await door.ping(phone);
    }
    stage.mailbox.calls.clear();
    stage.mailbox.deliver();
    await settle();
    expect(door.completed).toHaveLength(4);
    expect(stage.mailbox.listenerCount).toBe(1);
    expect(stage.mailbox.calls.get('changes')).toBe(1);
  });

  it('a storm of events is one look at a time and one after', async () => {
    const { stage, phone, door } = await waiting();
    await door.ping(phone);
    stage.mailbox.calls.clear();
    for (let i = 0; i < 500; i++) stage.mailbox.flag(1, { add: ['$Junk'] });
    await settle();
    expect(stage.mailbox.calls.get('changes')).toBeLessThanOrEqual(2);
    expect(door.completed).toEqual([]);
  });

  it('MS-ASCMD_R4257: hears that the folders changed', async () => {
    const { stage, phone, door } = await waiting();
    await door.ping(phone);
    stage.mailbox.addFolder('Work');
    await settle();
    expect(door.completed).toEqual(['hierarchy']);
  });

  it('MS-ASCMD_R4258: also of a change that came while nobody waited', async () => {
    const { stage, phone, door } = await waiting();
    stage.mailbox.addFolder('Work');
    await settle();
    await door.ping(phone);
    expect(door.completed).toEqual(['hierarchy']);
  });

  it('but not of a folder that it made itself', async () => {
    const { stage, phone, door } = await waiting();
    const { syncKey } = (await phone.device.hierarchy('0')) as { syncKey: string };
    await door.ping(phone);
    const change = { kind: 'create', name: 'Mine', parentId: '0', itemClass: 'Email' } as const;
    await phone.device.changeFolder(syncKey, change);
    await settle();
    expect(door.completed).toEqual([]);
    expect(stage.mailbox.hasFolder('Mine')).toBe(true);
  });

  it('is answered when its user is given away, and the mailbox is closed', async () => {
    const { stage, phone, door } = await waiting();
    await door.ping(phone);
    await stage.user.close();
    expect(door.completed).toEqual(['superseded']);
    expect(stage.mailbox.listenerCount).toBe(0);
    expect(stage.mailbox.isClosed).toBe(true);
  });

  it('that changed before there was a door is told when the door comes', async () => {
    const { stage, phone } = await waiting();
    stage.restart();
    const after = await stage.phone();
    after.key = phone.key;
    await after.device.watchState(after.folder.id);
    const changed = () => ({ kind: 'again' }) as const;
    const { deviceId } = after.device;
    const request = {
      deviceId,
      purpose: 'ping',
      collectionIds: [after.folder.id],
      changed,
      superseded: changed,
    } as const;
    const ticket = stage.user.waiting.open(request);
    stage.mailbox.deliver();
    await settle();
    const told: string[] = [];
    stage.user.waiting.onCompletion((each) => told.push(each));
    expect(told).toEqual([ticket]);
  });
});

describe('the monitor', () => {
  it('watches the folders that are waited for', async () => {
    const { stage, phone, door } = await waiting();
    const trash = await stage.phone('phone1', 'trash');
    await trash.prime();
    await door.ping(phone, trash);
    expect([...stage.mailbox.watched].sort()).toEqual(['INBOX', 'Trash']);
  });

  it('looks at everything again when watching was interrupted', async () => {
    const { stage, phone, door } = await waiting();
    await door.ping(phone);
    const { watched } = stage.mailbox;
    stage.mailbox.watched = [];
    stage.mailbox.deliver();
    await settle();
    expect(door.completed).toEqual([]);
    stage.mailbox.watched = watched;
    stage.mailbox.emit({ kind: 'resumed' });
    await settle();
    expect(door.completed).toEqual([`changed ${phone.folder.id}`]);
  });

  it('is not relied upon while it is interrupted: a Sync looks for itself', async () => {
    const { stage, phone, door } = await waiting();
    await door.ping(phone);
    stage.mailbox.emit({ kind: 'interrupted' });
    stage.mailbox.watched = [];
    stage.mailbox.deliver();
    await stage.clock.advance(1_500);
    expect((await phone.sync()).changes).toHaveLength(1);
  });

  it('that cannot start tries again, and misses nothing', async () => {
    const { stage, phone } = await waiting();
    stage.restart();
    stage.mailbox.fault = (call) => {
      if (call === 'watch') throw new BackendError('unavailable', 'too many connections');
    };
    const after = await stage.phone();
    after.key = phone.key;
    const door = new Door(stage);
    await door.ping(after);
    stage.mailbox.deliver();
    await settle();
    expect(door.completed).toEqual([]);
    stage.mailbox.fault = undefined;
    await stage.clock.advance(5_000);
    await settle();
    expect(door.completed).toEqual([`changed ${phone.folder.id}`]);
  });

  it('looks again for what happened while it looked', async () => {
    const { stage, phone, door } = await waiting();
    await door.ping(phone);
    const changes = stage.mailbox.changes.bind(stage.mailbox);
    stage.mailbox.changes = async (...given) => {
      stage.mailbox.changes = changes;
      const result = await changes(...given);
      // Too late for this answer.
      stage.mailbox.deliver();
      return result;
    };
    stage.mailbox.emit({ kind: 'changed', folderId: 'INBOX' });
    await settle();
    expect(door.completed).toEqual([`changed ${phone.folder.id}`]);
  });

  it('whose look fails looks again', async () => {
    const { stage, phone, door } = await waiting();
    await door.ping(phone);
    stage.mailbox.fault = (call) => {
      if (call === 'changes') throw new BackendError('unavailable', 'the connection broke');
    };
    stage.mailbox.deliver();
    await settle();
    stage.mailbox.fault = undefined;
    expect(door.completed).toEqual([]);
    await stage.clock.advance(5_000);
    await settle();
    expect(door.completed).toEqual([`changed ${phone.folder.id}`]);
  });

  it('a store that fails when a device is to be woken does not leave it asleep', async () => {
    const { stage, phone, door } = await waiting({ settings: { stateCacheBytes: 0 } });
    await door.ping(phone);
    // Another device's state takes its place in memory: it has to be read again.
    await (await stage.phone('tablet')).prime();
    stage.store.fault = (operation) => (operation === 'get' ? 'down' : undefined);
    stage.mailbox.deliver();
    await settle();
    expect(door.completed).toEqual([]);
    stage.store.fault = undefined;
    await stage.clock.advance(5_000);
    await settle();
    expect(door.completed).toEqual([`changed ${phone.folder.id}`]);
  });
});

describe('a device that is told and does not sync', () => {
  it('is told three times, then no more until the folder moves', async () => {
    const { stage, phone, door } = await waiting();
    stage.mailbox.deliver();
    const told: string[] = [];
    for (let i = 0; i < 5; i++) {
      told.push(await door.ping(phone));
      await stage.clock.advance(5_000);
    }
    expect(told).toEqual(['changed', 'changed', 'changed', 'waiting', 'waiting']);
    stage.mailbox.deliver();
    await settle();
    expect(door.completed.at(-1)).toBe(`changed ${phone.folder.id}`);
  });

  it.each([
    ['never synced', 0],
    ['only began to sync', 1],
  ])('is told no more often of a folder that it %s', async (_, syncs) => {
    const { stage, door } = await waiting();
    const tablet = await stage.phone('tablet');
    await tablet.device.hierarchy('0');
    for (let i = 0; i < syncs; i++) await tablet.sync();
    const told: string[] = [];
    for (let i = 0; i < 5; i++) {
      told.push(await door.ping(tablet));
      await stage.clock.advance(5_000);
    }
    expect(told).toEqual(['not-primed', 'not-primed', 'not-primed', 'waiting', 'waiting']);
    stage.mailbox.deliver();
    await settle();
    expect(door.completed.at(-1)).toBe(`changed ${tablet.folder.id}`);
  });

  it('is told of mail in a folder that no device ever synced', async () => {
    const stage = new Stage();
    const phone = await stage.phone();
    await phone.device.hierarchy('0');
    const door = new Door(stage);
    while ((await door.ping(phone)) !== 'waiting') await stage.clock.advance(5_000);
    expect(door.completed).toEqual([]);
    stage.mailbox.deliver();
    await settle();
    expect(door.completed).toEqual([`changed ${phone.folder.id}`]);
  });

  it('that its answer had no room for a folder is no report', async () => {
    const { stage, phone, door } = await waiting();
    stage.mailbox.deliver();
    for (let i = 0; i < 5; i++) {
      expect(await phone.device.hasMore(phone.folder.id)).toBe(true);
      await stage.clock.advance(5_000);
    }
    expect(await door.ping(phone)).toBe('changed');
  });

  it('is trusted again when it syncs', async () => {
    const { stage, phone, door } = await waiting();
    stage.mailbox.deliver();
    stage.mailbox.deliver();
    for (let i = 0; i < 4; i++) {
      await door.ping(phone);
      await stage.clock.advance(5_000);
    }
    await phone.sync({ windowSize: 1 });
    expect(await door.ping(phone)).toBe('changed');
  });

  it('one report that is asked twice at once counts once', async () => {
    const { stage, phone } = await waiting();
    stage.mailbox.deliver();
    for (let i = 0; i < 10; i++) expect(await phone.device.watchState(phone.folder.id)).toBe('changed');
  });
});
