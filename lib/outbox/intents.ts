/**
 * `SENT#<device>#<clientId>`: what a device meant to send, written down before it goes, and what became of it (rule 10). The
 * record also says whose turn it is:
 *
 *     intent ──────────────► sent         the user's owner submits at once
 *        └► queueing ► queued ► sent      the outbox function submits; the owner's own attempt counts until `until`
 *
 * Each of these steps asks for the `writeId` of the one before, so that the owner and the function never both submit knowingly.
 */
import { type Clock, type Random, randomName } from '../platform/index.ts';
import type { Lease } from '../pool/index.ts';
import {
  absent,
  atMost,
  type Attributes,
  type Condition,
  equals,
  type Key,
  oneOf,
  type Store,
  StoreError,
} from '../store/index.ts';

/** `queueing`: on its way into the queue; `dropped`: an administrator took it out of there. */
export type IntentStatus = 'intent' | 'queueing' | 'queued' | 'sent' | 'dropped';

export interface Intent {
  readonly key: Key;
  readonly status: IntentStatus;
  readonly messageId: string;
  /** See gist.ts; undefined where the ClientId is not a device's own. */
  readonly gist?: string;
  readonly writeId: string;
  /** When it was first written down, in milliseconds since 1970. */
  readonly at: number;
  /** Wall clock: until then somebody has it in hand. 0 where nobody has. */
  readonly until: number;
}

const STATUSES: readonly string[] = ['intent', 'queueing', 'queued', 'sent', 'dropped'] satisfies IntentStatus[];

/** Long enough for any device to give up. */
const KEPT_SECONDS = 7 * 86_400;
/** Longer than a queue and its dead letters keep anything (14 days each, at most). */
const KEPT_QUEUED_SECONDS = 30 * 86_400;
/** The same content under another ClientId within so long is the same message, sent again after a lost answer. */
const SAME_CONTENT_MS = 5 * 60_000;

export class Intents {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(store: Store, clock: Clock, random: Random) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
  }

  find(user: string, deviceId: string, clientId: string): Promise<Intent | undefined> {
    return this.read(keyOf(user, deviceId, clientId));
  }

  async read(key: Key): Promise<Intent | undefined> {
    const item = await this.#store.get(key);
    return item && intentOf(key, item.attributes);
  }

  /** A message with the very same content that went out a moment ago. */
  async findSame(user: string, deviceId: string, content: string): Promise<Intent | undefined> {
    const since = this.#clock.now() - SAME_CONTENT_MS;
    const prefix = keyOf(user, deviceId, '').sort;
    for await (const { key, attributes } of this.#store.query(`USER#${user}`, { prefix, consistent: true })) {
      const { at } = attributes;
      const isRecent = typeof at === 'number' && at >= since;
      if (isRecent && attributes['content'] === content) return intentOf(key, attributes);
    }
    return undefined;
  }

  /** Throws StoreError if it cannot be told that the intent is stored: then nothing may be sent. */
  async begin(
    lease: Lease,
    deviceId: string,
    clientId: string,
    about: {
      readonly messageId: string;
      readonly content: string;
      readonly gist: string | undefined;
      readonly recipients: number;
    },
  ): Promise<Intent> {
    const key = keyOf(lease.user, deviceId, clientId);
    const now = this.#clock.now();
    const writeId = randomName(this.#random);
    const attributes: Attributes = {
      status: 'intent',
      messageId: about.messageId,
      content: about.content,
      ...(about.gist !== undefined && { gist: about.gist }),
      recipients: about.recipients,
      at: now,
      expires: Math.floor(now / 1_000) + KEPT_SECONDS,
      epoch: lease.epoch,
      writeId,
    };
    const result = await this.#store.put({ key, attributes }, [absent]);
    const isStored = result.outcome === 'applied' || (await this.#store.get(key))?.attributes['writeId'] === writeId;
    if (!isStored) throw notWritten(result.outcome === 'unknown' ? result.cause : undefined);
    return { key, status: 'intent', messageId: about.messageId, writeId, at: now, until: 0 };
  }

  /** It is out. False if that could not be written down: a repetition will look for it in the sent folder. */
  async sent(lease: Lease, { key }: Intent): Promise<boolean> {
    try {
      const conditions = [equals('status', 'intent'), atMost('epoch', lease.epoch)];
      const result = await this.#store.update(key, { set: { status: 'sent', epoch: lease.epoch } }, conditions);
      if (result.outcome === 'applied') return true;
      return (await this.#store.get(key))?.attributes['status'] === 'sent';
    } catch {
      return false;
    }
  }

  /** It never will be taken: the device may send something else under this ClientId. */
  async drop(lease: Lease, { key }: Intent): Promise<void> {
    await this.#store.delete(key, [atMost('epoch', lease.epoch)]);
  }

  /** From here on the function submits, and not before `holdMs` have passed. Throws StoreError if that cannot be told. */
  async queueing(lease: Lease, intent: Intent, holdMs: number): Promise<Intent> {
    const set = { status: 'queueing', epoch: lease.epoch };
    const conditions = [oneOf('status', ['intent', 'queueing']), atMost('epoch', lease.epoch)];
    const taken = await this.#take(intent, 'queueing', holdMs, set, conditions);
    if (taken === undefined) throw notWritten();
    return taken;
  }

  /** It is in the queue. That this could not be written down does no harm: a repetition puts it there again. */
  async queued({ key, writeId }: Intent): Promise<void> {
    const conditions = [equals('writeId', writeId), equals('status', 'queueing')];
    await this.#store.update(key, { set: { status: 'queued' } }, conditions).catch(() => undefined);
  }

  /**
   * Whoever submits from the queue has it in hand for `holdMs`; undefined if it is not theirs to have. A record that is gone
   * is made again: losing mail is worse than what the record is for. Throws StoreError where the store does not answer.
   */
  async claim(key: Key, messageId: string, found: Intent | undefined, holdMs: number): Promise<Intent | undefined> {
    if (found)
      return this.#take(found, 'queued', holdMs, { status: 'queued' }, [oneOf('status', ['queueing', 'queued'])]);
    const intent: Intent = { key, status: 'queued', messageId, at: this.#clock.now(), ...this.#hold(holdMs) };
    const { status, writeId, at, until } = intent;
    const attributes = { status, messageId, writeId, until, epoch: 0, at, expires: this.#expires() };
    const result = await this.#store.put({ key, attributes }, [absent]);
    if (result.outcome === 'applied') return intent;
    return (await this.read(key))?.writeId === writeId ? intent : undefined;
  }

  /** Nobody has it in hand any more. */
  async release({ key, writeId }: Intent): Promise<void> {
    await this.#store.update(key, { set: { until: 0 } }, [equals('writeId', writeId)]).catch(() => undefined);
  }

  /** Out of the queue and sent, or told its sender that it never will be. False if that could not be written down. */
  async settled({ key, writeId }: Intent): Promise<boolean> {
    try {
      const result = await this.#store.update(key, { set: { status: 'sent' } }, [equals('writeId', writeId)]);
      if (result.outcome === 'applied') return true;
      return (await this.read(key))?.status === 'sent';
    } catch {
      return false;
    }
  }

  /** What an administrator took out of the queue is not sent, wherever copies of it turn up. False if it was sent. */
  async dropped(key: Key): Promise<boolean> {
    const conditions = [oneOf('status', ['intent', 'queueing', 'queued', 'dropped'])];
    const result = await this.#store.update(key, { set: { status: 'dropped' } }, conditions);
    if (result.outcome === 'applied') return true;
    return (await this.read(key))?.status !== 'sent';
  }

  async #take(
    from: Intent,
    status: IntentStatus,
    holdMs: number,
    set: Attributes,
    conditions: readonly Condition[],
  ): Promise<Intent | undefined> {
    const { key, messageId, at } = from;
    const hold = this.#hold(holdMs);
    const result = await this.#store.update(key, { set: { ...set, ...hold, expires: this.#expires() } }, [
      equals('writeId', from.writeId),
      ...conditions,
    ]);
    const isMine = result.outcome === 'applied' || (await this.read(key))?.writeId === hold.writeId;
    return isMine ? { key, status, messageId, at, ...hold } : undefined;
  }

  #hold(holdMs: number): { readonly writeId: string; readonly until: number } {
    return { writeId: randomName(this.#random), until: holdMs === 0 ? 0 : this.#clock.now() + holdMs };
  }

  #expires(): number {
    return Math.floor(this.#clock.now() / 1_000) + KEPT_QUEUED_SECONDS;
  }
}

function keyOf(user: string, deviceId: string, clientId: string): Key {
  return { partition: `USER#${user}`, sort: `SENT#${encodeURIComponent(deviceId)}#${encodeURIComponent(clientId)}` };
}

function intentOf(key: Key, { status, messageId, gist, writeId, at, until }: Attributes): Intent {
  return {
    key,
    status: STATUSES.includes(String(status)) ? (status as IntentStatus) : 'intent',
    messageId: String(messageId),
    ...(typeof gist === 'string' && { gist }),
    writeId: String(writeId),
    at: typeof at === 'number' ? at : 0,
    until: typeof until === 'number' ? until : 0,
  };
}

const notWritten = (cause?: unknown): StoreError =>
  new StoreError('store-unavailable', 'the message was not sent', {
    why: 'it could not be written down first',
    ...(cause !== undefined && { cause }),
  });
