// A store that went back behind its devices (a region lost before its last writes were replicated, a backup): they go on.
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../simulation/support/seeded-random.ts';
import { MemoryStore } from './support/faulty-store.ts';
import { addDraft, type PhoneCollection, type PhoneItem, remove, setRead } from './support/phone.ts';
import { Stage } from './support/stage.ts';
import { told } from './support/transcript.ts';

interface Behind {
  readonly stage: Stage;
  readonly store: MemoryStore;
  /** The store goes back to what `copy` was taken of, and another server serves: the phone is as it was. */
  readonly goBack: (phone: PhoneCollection, copy: ReturnType<MemoryStore['copy']>) => Promise<PhoneCollection>;
}

function behind(): Behind {
  const store = new MemoryStore();
  const stage = new Stage({ store });
  return {
    stage,
    store,
    async goBack(phone, copy) {
      store.goBack(copy);
      stage.restart();
      const again = await stage.phone('phone1', phone.folder.kind === 'drafts' ? 'drafts' : 'inbox');
      again.key = phone.key;
      for (const [id, item] of phone.items) again.items.set(id, item);
      return again;
    },
  };
}

const seriesOf = (key: string): string => key.replace(/\}.*$/, '');

function expectSame(phone: PhoneCollection, stage: Stage, folderId = 'INBOX'): void {
  const flagsOn = [...phone.items].map(([id, it]) => `${id.split(':').at(-1)} ${it.flags}`).sort();
  const there = stage.mailbox.messages(folderId).map(({ uid, flags }) => `${uid} ${[...flags].sort().join(' ')}`);
  expect(flagsOn).toEqual(there.sort());
}

/** What a device does itself it does not wait to be told of. */
async function reads(phone: PhoneCollection, id: string): Promise<void> {
  const { subject, flags } = phone.items.get(id) as PhoneItem;
  phone.items.set(id, {
    subject,
    flags: [...new Set([...flags.split(' ').filter(Boolean), '\\Seen'])].sort().join(' '),
  });
  await phone.sync({ commands: [setRead(id)], windowSize: 3 });
}

async function removes(phone: PhoneCollection, id: string): Promise<void> {
  phone.items.delete(id);
  await phone.sync({ commands: [remove(id)], windowSize: 3 });
}

describe('the store went back behind a device', () => {
  it('what it was told since is deleted and sent anew, and nothing else is: the series stays', async () => {
    const { stage, store, goBack } = behind();
    for (let i = 0; i < 3; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.prime();
    const copy = store.copy();
    for (let i = 0; i < 2; i++) {
      stage.mailbox.deliver();
      await phone.sync();
    }
    const again = await goBack(phone, copy);
    stage.mailbox.deliver();
    const first = await again.sync();
    expect(first.moreAvailable).toBe(true);
    expect(first.changes.every(({ kind }) => kind === 'delete')).toBe(true);
    expect(told(first).slice(0, 3)).toEqual(['delete 1:4', 'delete 1:5', 'delete 1:6']);
    const second = await again.sync();
    expect(told(second)).toEqual(['add 1:6', 'add 1:5', 'add 1:4']);
    expect(seriesOf(second.syncKey)).toBe(seriesOf(phone.key));
    expectSame(again, stage);
    expect(await again.sync()).toMatchObject({ changed: false });
  });

  it('an item that came and went unseen by the state that is left does not stay on the device', async () => {
    const { stage, store, goBack } = behind();
    stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.prime();
    const copy = store.copy();
    const uid = stage.mailbox.deliver();
    await phone.sync();
    stage.mailbox.expunge(uid);
    const again = await goBack(phone, copy);
    await again.drain();
    expectSame(again, stage);
  });

  it('an answer to it that is lost is given again', async () => {
    const { stage, store, goBack } = behind();
    const phone = await stage.phone();
    await phone.prime();
    const copy = store.copy();
    stage.mailbox.deliver();
    await phone.sync();
    const again = await goBack(phone, copy);
    const lost = await again.ask();
    expect(await again.ask()).toEqual(lost);
    await again.drain();
    expectSame(again, stage);
  });

  it('its commands are carried out; a draft that the lost answer was for is not made twice', async () => {
    const { stage, store, goBack } = behind();
    const phone = await stage.phone('phone1', 'drafts');
    await phone.prime();
    const copy = store.copy();
    await phone.sync({ commands: [addDraft('seen', 'a')] });
    const wish = { commands: [addDraft('lost', 'b')] };
    // Carried out, stored and answered, but the answer did not arrive.
    await phone.ask(wish);
    const again = await goBack(phone, copy);
    const answer = await again.sync(wish);
    expect(answer.outcomes).toMatchObject([{ kind: 'added', clientId: 'b' }]);
    await again.drain();
    const subjects = [...again.items.values()].map((it) => it.subject).sort();
    expect(stage.mailbox.messages('Drafts')).toHaveLength(2);
    // What a phone adds itself it is not sent.
    expect(subjects).toEqual(['seen']);
  });

  it('a device of which too much is unknown begins again', async () => {
    const { stage, store, goBack } = behind();
    for (let i = 0; i < 700; i++) stage.mailbox.deliver();
    const phone = await stage.phone();
    await phone.sync({ syncKey: '0', getChanges: false });
    const copy = store.copy();
    await phone.drain();
    const again = await goBack(phone, copy);
    expect(await again.ask()).toEqual({ kind: 'refused', reason: 'invalid-key' });
  });

  it('whatever happened meanwhile, it ends with what the mailbox has: 400 random histories', async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const random = new SeededRandom(seed);
      const whole = (from: number, to: number) => Math.floor(random.between(from, to + 1));
      const { stage, store, goBack } = behind();
      for (let i = whole(0, 5); i > 0; i--) stage.mailbox.deliver();
      let phone = await stage.phone();
      await phone.prime({ windowSize: 3 });
      const series = seriesOf(phone.key);
      const copies = [store.copy()];
      for (let step = whole(5, 40); step > 0; step--) {
        await stage.clock.advance(10_000);
        const uids = stage.mailbox.messages().map(({ uid }) => uid);
        const uid = uids.length > 0 ? random.pick(uids) : undefined;
        const item = phone.items.size > 0 ? random.pick([...phone.items.keys()]) : undefined;
        const chance = random.number();
        if (chance < 0.3) stage.mailbox.deliver();
        else if (chance < 0.4 && uid !== undefined) stage.mailbox.expunge(uid);
        // Never back again: what changed and changed back within the lag cannot be told from what never changed.
        else if (chance < 0.5 && uid !== undefined) stage.mailbox.flag(uid, { add: ['\\Flagged'] });
        else if (chance < 0.6 && item !== undefined) await reads(phone, item);
        else if (chance < 0.65 && item !== undefined) await removes(phone, item);
        else if (chance < 0.85) await phone.sync({ windowSize: whole(1, 5) });
        else if (chance < 0.93) copies.push(store.copy());
        else {
          // What is left of the history goes on from there.
          copies.length = whole(1, copies.length);
          phone = await goBack(phone, copies.at(-1) as (typeof copies)[number]);
        }
      }
      await stage.clock.advance(10_000);
      await phone.drain({ windowSize: 3 });
      expect(seriesOf(phone.key), `seed ${seed}`).toBe(series);
      expectSame(phone, stage);
    }
  }, 120_000);
});
