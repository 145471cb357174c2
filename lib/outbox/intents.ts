/** `SENT#<device>#<clientId>`: what a device meant to send, written down before it goes, and what became of it (rule 10). */
import { type Clock, type Random, randomName } from '../platform/index.ts';
import type { Lease } from '../pool/index.ts';
import { absent, atMost, type Attributes, equals, type Key, type Store, StoreError } from '../store/index.ts';

export interface Intent {
  readonly key: Key;
  readonly status: 'intent' | 'sent';
  readonly messageId: string;
}

/** Long enough for any device to give up. */
const KEPT_SECONDS = 7 * 86_400;
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

  async find(user: string, deviceId: string, clientId: string): Promise<Intent | undefined> {
    const key = keyOf(user, deviceId, clientId);
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
    about: { readonly messageId: string; readonly content: string; readonly recipients: number },
  ): Promise<Intent> {
    const key = keyOf(lease.user, deviceId, clientId);
    const now = this.#clock.now();
    const writeId = randomName(this.#random);
    const attributes: Attributes = {
      status: 'intent',
      messageId: about.messageId,
      content: about.content,
      recipients: about.recipients,
      at: now,
      expires: Math.floor(now / 1_000) + KEPT_SECONDS,
      epoch: lease.epoch,
      writeId,
    };
    const result = await this.#store.put({ key, attributes }, [absent]);
    const isStored = result.outcome === 'applied' || (await this.#store.get(key))?.attributes['writeId'] === writeId;
    if (!isStored) {
      throw new StoreError('store-unavailable', 'the message was not sent', {
        why: 'it could not be written down first',
        ...(result.outcome === 'unknown' && { cause: result.cause }),
      });
    }
    return { key, status: 'intent', messageId: about.messageId };
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
}

function keyOf(user: string, deviceId: string, clientId: string): Key {
  return { partition: `USER#${user}`, sort: `SENT#${encodeURIComponent(deviceId)}#${encodeURIComponent(clientId)}` };
}

function intentOf(key: Key, { status, messageId }: Attributes): Intent {
  return { key, status: status === 'sent' ? 'sent' : 'intent', messageId: String(messageId) };
}
