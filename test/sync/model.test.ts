/**
 * Whatever happens — mail coming and going, answers lost, requests repeated with more or fewer commands, servers dying, the
 * store and the mailbox failing half-way — a phone ends with what the mailbox has in its window, nothing is done twice, and
 * no key is ever called invalid.
 */
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { BackendError } from '../../lib/backends/index.ts';
import { ModelPhone } from './support/model-phone.ts';
import { addDraft, ALL_MAIL, type PhoneCollection, remove, setRead } from './support/phone.ts';
import { settle, Stage } from './support/stage.ts';

const DAY_MS = 86_400_000;
const RUNS = Number(process.env['CARAVAN_PROPERTY_RUNS'] ?? 1_000);
const FILTER_DAYS = [undefined, 3, undefined] as const;
const FLAGS = ['\\Seen', '\\Flagged', '\\Answered', '\\Deleted', 'work', '$Junk'];

const pick = fc.nat(1_000);
const phone = fc.nat(2);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('deliver' as const), ageDays: fc.nat(6), count: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('expunge' as const), pick }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('flag' as const),
      pick,
      flag: fc.constantFrom(...FLAGS),
      add: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('recreate' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rewind' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), hours: fc.nat(60) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('storeFails' as const),
      how: fc.constantFrom('lost' as const, 'dropped' as const, 'down' as const),
      after: fc.nat(4),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('mailFails' as const), isDone: fc.boolean(), after: fc.nat(5) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('act' as const),
      phone,
      pick,
      what: fc.constantFrom('read' as const, 'unread' as const, 'delete' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('forgetActs' as const), phone }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('goBack' as const), phone }) },
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant('sync' as const),
      phone,
      windowSize: fc.integer({ min: 1, max: 6 }),
      isLost: fc.boolean(),
      isDoubled: fc.boolean(),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly stage: Stage;
  phones: ModelPhone[] = [];
  #drafts = 0;

  constructor(hasCondstore: boolean) {
    this.stage = new Stage({ hasCondstore });
  }

  async open(): Promise<void> {
    const kinds = ['inbox', 'inbox', 'drafts'] as const;
    const before = this.phones;
    this.phones = [];
    for (const [index, kind] of kinds.entries()) {
      const collection = await this.stage.phone(`phone${index}`, kind);
      collection.options = { ...ALL_MAIL, filterDays: FILTER_DAYS[index] };
      const model = new ModelPhone(collection);
      const old = before[index];
      if (old) {
        collection.key = old.collection.key;
        for (const [id, item] of old.collection.items) collection.items.set(id, item);
        model.pending = old.pending;
        for (const subject of old.acknowledged) model.acknowledged.add(subject);
      }
      this.phones.push(model);
    }
  }

  async take(step: Step): Promise<void> {
    const { stage } = this;
    const { mailbox, clock } = stage;
    switch (step.do) {
      case 'deliver': {
        const receivedAt = new Date(clock.now() - step.ageDays * DAY_MS);
        for (let i = 0; i <= step.count; i++) mailbox.deliver('INBOX', { receivedAt });
        break;
      }
      case 'expunge':
        mailbox.expunge(this.#uid(step.pick));
        break;
      case 'flag':
        mailbox.flag(this.#uid(step.pick), step.add ? { add: [step.flag] } : { remove: [step.flag] });
        break;
      case 'recreate':
        mailbox.recreate();
        break;
      case 'rewind':
        mailbox.rewindModseq();
        break;
      case 'restart':
        this.heal();
        stage.restart();
        await this.open();
        break;
      case 'pass':
        await clock.advance(step.hours * 3_600_000);
        break;
      case 'storeFails':
        this.#failStore(step.how, step.after, step.times);
        break;
      case 'mailFails':
        this.#failMail(step.isDone, step.after);
        break;
      case 'act':
        this.#act(this.phones[step.phone] as ModelPhone, step);
        break;
      case 'forgetActs':
        // It goes on from its last key as if it had done nothing.
        (this.phones[step.phone] as ModelPhone).pending = [];
        break;
      case 'goBack':
        (this.phones[step.phone] as ModelPhone).goBack();
        break;
      case 'sync':
        await (this.phones[step.phone] as ModelPhone).sync(step.windowSize, step.isLost, step.isDoubled);
        await clock.advance(2_000);
        break;
    }
  }

  heal(): void {
    this.stage.store.fault = undefined;
    this.stage.mailbox.fault = undefined;
  }

  async quiesce(): Promise<void> {
    this.heal();
    await settle();
    for (const model of this.phones) await model.sync(3, false);
    // What was kept from a phone that lost its answers too often is sent again after a day.
    await this.stage.clock.advance(25 * 3_600_000);
    for (let round = 0, isQuiet = false; !isQuiet; round++) {
      if (round > 500) throw new Error('the phones never get to the end');
      isQuiet = true;
      for (const model of this.phones) {
        const { key } = model.collection;
        const heard = await model.sync(3, false);
        if (heard !== 'answered' || key !== model.collection.key || model.pending.length > 0) isQuiet = false;
      }
    }
  }

  check(): void {
    const inbox = this.phones.slice(0, 2);
    for (const [index, { collection }] of inbox.entries()) this.#compare(collection, 'INBOX', FILTER_DAYS[index]);
    const drafts = this.phones[2] as ModelPhone;
    this.#compare(drafts.collection, 'Drafts', undefined);
    this.#nothingTwice();
    for (const subject of drafts.acknowledged) {
      if (this.#count(subject) !== 1) throw new Error(`the draft ${subject} exists ${this.#count(subject)} times`);
    }
  }

  #compare(collection: PhoneCollection, folderId: string, filterDays: number | undefined): void {
    const now = this.stage.clock.now();
    const cutOff = filterDays === undefined ? 0 : Math.floor((now - filterDays * DAY_MS) / DAY_MS) * DAY_MS;
    const there = this.stage.mailbox
      .messages(folderId)
      .filter(({ flags, receivedAt }) => !flags.includes('\\Deleted') && receivedAt.getTime() >= cutOff)
      .map(({ bytes, flags }) => describeItem(/^Subject: (.*)\r$/m.exec(bytes.toString())?.[1] ?? '', flags))
      .sort();
    const held = [...collection.items.values()]
      .map(({ subject, flags }) => describeItem(subject, flags === '' ? [] : flags.split(' ')))
      .sort();
    if (JSON.stringify(there) !== JSON.stringify(held)) {
      throw new Error(
        `${collection.device.deviceId} holds ${JSON.stringify(held)}, ${folderId} ${JSON.stringify(there)}`,
      );
    }
    const uids = [...collection.items.keys()].map((id) => Number(id.split(':')[1])).sort((a, b) => a - b);
    const live = this.stage.mailbox.messages(folderId).map(({ uid }) => uid);
    if (uids.some((uid) => !live.includes(uid))) throw new Error('a ServerId names another message than the mailbox');
  }

  #nothingTwice(): void {
    const subjects = ['INBOX', 'Trash', 'Drafts', 'Sent'].flatMap((folder) =>
      this.stage.mailbox.messages(folder).map(({ bytes }) => /^Subject: (.*)\r$/m.exec(bytes.toString())?.[1]),
    );
    const seen = new Set<string | undefined>();
    for (const subject of subjects) {
      if (seen.has(subject)) throw new Error(`${subject} is there twice`);
      seen.add(subject);
    }
  }

  #count(subject: string): number {
    return ['INBOX', 'Trash', 'Drafts', 'Sent']
      .flatMap((folder) => this.stage.mailbox.messages(folder))
      .filter(({ bytes }) => bytes.toString().includes(`Subject: ${subject}\r\n`)).length;
  }

  #act(model: ModelPhone, { what, pick: place }: Extract<Step, { do: 'act' }>): void {
    if (!model.isPrimed) return;
    if (model === this.phones[2] && what === 'read') {
      const subject = `draft ${++this.#drafts}`;
      model.pending.push(addDraft(subject, subject));
      return;
    }
    const ids = [...model.collection.items.keys()];
    const id = ids[place % Math.max(1, ids.length)];
    if (id === undefined || model.pending.some((command) => 'serverId' in command && command.serverId === id)) return;
    model.pending.push(what === 'delete' ? remove(id) : setRead(id, what === 'read'));
  }

  #failStore(how: 'lost' | 'dropped' | 'down', after: number, times: number): void {
    let left = after;
    let count = times;
    this.stage.store.fault = (operation) => {
      const isRead = operation === 'get' || operation === 'query';
      if (isRead !== (how === 'down') || left-- > 0 || count-- <= 0) return undefined;
      return how;
    };
  }

  #failMail(isDone: boolean, after: number): void {
    let left = after;
    this.stage.mailbox.fault = (call, done) => {
      if (call === 'watch' || done !== isDone || left-- !== 0) return;
      throw new BackendError('unavailable', 'the test has it fail');
    };
  }

  #uid(place: number): number {
    const messages = this.stage.mailbox.messages('INBOX');
    return messages[place % Math.max(1, messages.length)]?.uid ?? 0;
  }
}

function describeItem(subject: string, flags: readonly string[]): string {
  return `${subject}: ${flags
    .filter((flag) => flag !== '$Junk')
    .sort()
    .join(' ')}`;
}

describe('a phone ends with what the mailbox has', () => {
  it.each([
    ['with CONDSTORE', true],
    ['without CONDSTORE', false],
  ])('%s, whatever happened', { timeout: 120_000 }, async (_, hasCondstore) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const world = new World(hasCondstore);
        await world.open();
        for (const each of steps) await world.take(each);
        await world.quiesce();
        world.check();
      }),
      { numRuns: RUNS },
    );
  });
});
