/**
 * The outbox of a server: intent → submission → sent → a copy in the sent folder. Whatever breaks off in between is taken up
 * where it stood when the device sends it again. With a queue, what cannot be handed on soon waits there (waiting-line.ts).
 */
import { createHash } from 'node:crypto';
import { BackendError, type Envelope, type Mailbox, mayBeAccepted } from '../backends/index.ts';
import { type Clock, type Log, type Random, reasonOf } from '../platform/index.ts';
import type { Lease } from '../pool/index.ts';
import { type Store, StoreError } from '../store/index.ts';
import { envelopeOf } from './envelope.ts';
import { OutboxError } from './errors.ts';
import { gistOf } from './gist.ts';
import { type Intent, Intents } from './intents.ts';
import type { Outbox, OutgoingMessage, SendResult, SentFolder } from './outbox.ts';
import { isDistinguishable, type Outgoing, readyToGo, underMessageId } from './outgoing.ts';
import { WaitingLine, type WaitingLineParts } from './waiting-line.ts';

export interface StoreOutboxParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** False where the mail system keeps the copy of what it is handed by itself. Default true. */
  readonly keepsCopy?: boolean;
  /** Where mail waits that cannot be handed on soon. Without it the device is told to try again. */
  readonly waiting?: WaitingLineParts;
}

const SENT_FLAGS = ['\\Seen'];
/** So long after the sending a device is asked to come again for its copy: a folder that takes none keeps nobody from sending. */
const COPY_PATIENCE_MS = 5 * 60_000;

interface Sending {
  readonly lease: Lease;
  readonly mailbox: Mailbox;
  readonly sentFolder: SentFolder;
  readonly message: OutgoingMessage;
  readonly outgoing: Outgoing;
  readonly envelope: Envelope;
  /** Of the bytes as the device sent them. */
  readonly content: string;
  readonly gist: string | undefined;
}

export class StoreOutbox implements Outbox {
  readonly #intents: Intents;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #keepsCopy: boolean;
  readonly #line: WaitingLine | undefined;
  /** One sending at a time for each user and device: a repetition waits for what it repeats. */
  readonly #underway = new Map<string, Promise<unknown>>();

  constructor({ store, clock, random, log, keepsCopy = true, waiting }: StoreOutboxParts) {
    const intents = new Intents(store, clock, random);
    this.#intents = intents;
    this.#clock = clock;
    this.#log = log;
    this.#keepsCopy = keepsCopy;
    this.#line = waiting && new WaitingLine({ ...waiting, intents, clock, log });
  }

  async send(lease: Lease, mailbox: Mailbox, sentFolder: SentFolder, message: OutgoingMessage): Promise<SendResult> {
    const { deviceId, clientId } = message;
    const now = new Date(this.#clock.now());
    const outgoing = readyToGo(message.message, mailbox.account, { deviceId, clientId }, now);
    if (!outgoing) return refused('malformed', 'it has no header');
    const envelope = message.envelope ?? envelopeOf(outgoing.raw, mailbox.account);
    if (envelope.to.length === 0) return refused('no-recipients', 'no header names a recipient');
    const content = createHash('sha256').update(message.message).digest('hex').slice(0, 32);
    const gist = message.fromDevice && gistOf(message.fromDevice);
    const sending: Sending = { lease, mailbox, sentFolder, message, outgoing, envelope, content, gist };
    return this.#inTurn(`${lease.user}\n${deviceId}`, () => this.#sendInTurn(sending));
  }

  async wasSent(lease: Lease, deviceId: string, clientId: string): Promise<boolean> {
    const intent = await this.#intents.find(lease.user, deviceId, clientId);
    return intent !== undefined && ['sent', 'queued'].includes(intent.status);
  }

  async #sendInTurn(asked: Sending): Promise<SendResult> {
    const { lease, mailbox, message } = asked;
    try {
      const { sending, intent } = await this.#earlier(asked);
      if (intent && intent.status !== 'intent') return await this.#repeat(sending, intent);
      if (intent && (await this.#isInSent(sending, intent))) {
        await this.#intents.sent(lease, intent);
        return { kind: 'repeated' };
      }
      return await this.#submit(sending, intent);
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#log.warn({ error, user: mailbox.account.user, deviceId: message.deviceId }, 'a message could not be sent');
      return failed(reasonOf(error));
    }
  }

  /** Sent already, or the queue's: what may have been left undone is done. */
  async #repeat(sending: Sending, intent: Intent): Promise<SendResult> {
    // It may not have come into the queue. Twice there is harmless: the record says once.
    if (intent.status === 'queueing') return await this.#queue(sending, intent);
    return (await this.#keepCopy(sending, intent, true)) ? { kind: 'repeated' } : failed(COPY_IS_MISSING);
  }

  /** What is known of the message, which under a ClientId that was another's has a name of its own. */
  async #earlier(asked: Sending): Promise<{ readonly sending: Sending; readonly intent: Intent | undefined }> {
    const { lease, message, content, gist } = asked;
    const { deviceId, clientId } = message;
    const same = await this.#intents.find(lease.user, deviceId, clientId);
    if (same && isOther(same, gist)) {
      const sending = this.#renamed(asked, `${clientId}~${gist}`);
      return { sending, intent: await this.#intents.find(lease.user, deviceId, sending.message.clientId) };
    }
    if (same || !isDistinguishable(message.message)) return { sending: asked, intent: same };
    return { sending: asked, intent: await this.#intents.findSame(lease.user, deviceId, content) };
  }

  #renamed(sending: Sending, clientId: string): Sending {
    const { mailbox, message } = sending;
    const now = new Date(this.#clock.now());
    const outgoing = readyToGo(message.message, mailbox.account, { deviceId: message.deviceId, clientId }, now);
    return { ...sending, message: { ...message, clientId }, outgoing: outgoing ?? sending.outgoing };
  }

  async #submit(sending: Sending, earlier: Intent | undefined): Promise<SendResult> {
    const { lease, mailbox, message, outgoing, envelope, content, gist } = sending;
    if (!lease.isHeld()) return failed('the lease is not held any more');
    const about = { messageId: outgoing.messageId, content, gist, recipients: envelope.to.length };
    const intent = earlier ?? (await this.#intents.begin(lease, message.deviceId, message.clientId, about));
    if (!lease.isHeld()) return failed('the lease is not held any more');
    const isRepetition = earlier !== undefined;
    const { submitted } = underMessageId(outgoing, intent.messageId);
    const limit = this.#line?.limit();
    try {
      const attempt = mailbox.submit(envelope, submitted, limit?.signal).finally(() => limit?.cancel());
      if (this.#line && !(await this.#line.isDoneSoon(attempt))) {
        // What cannot be queued is waited for: the device would come again while it is under way.
        const queued = this.#queue(sending, intent, isRepetition, attempt);
        const result = await queued.catch((thrown: unknown) =>
          isPassing(thrown) ? undefined : Promise.reject(thrown),
        );
        if (result) return result;
      }
      await attempt;
    } catch (error) {
      return await this.#notTaken(sending, intent, isRepetition, error);
    }
    // Both at once: the store may be out of reach, and the lease end while it is asked. A repetition knows by either.
    const [isSettled, isRecorded] = await Promise.all([
      this.#keepCopy(sending, intent, isRepetition),
      this.#intents.sent(lease, intent),
    ]);
    if (!isRecorded) this.#log.error({ item: intent.key.sort }, 'a message was sent, and that could not be recorded');
    // Sent again by the device it does not go out again: it finds the record and gets its copy, of whoever serves the user then.
    if (isRecorded && !isSettled) return failed(COPY_IS_MISSING);
    return { kind: 'sent' };
  }

  async #notTaken(sending: Sending, intent: Intent, isRepetition: boolean, error: unknown): Promise<SendResult> {
    const { lease } = sending;
    if (!(error instanceof BackendError)) throw error;
    if (error.code === 'rejected-credentials') return failed(reasonOf(error));
    if (error.code === 'unavailable') {
      if (this.#line === undefined || !lease.isHeld()) return failed(reasonOf(error));
      // Some mail systems keep the copy themselves: then the answer alone was lost.
      if (mayBeAccepted(error) && (await this.#isInSent(sending, intent))) {
        await this.#intents.sent(lease, intent);
        return { kind: 'sent' };
      }
      return await this.#queue(sending, intent, isRepetition);
    }
    await this.#intents.drop(lease, intent);
    return refused(error.code === 'over-quota' ? 'quota' : 'rejected', reasonOf(error));
  }

  /** Durable when it resolves: the copy is kept as if it were sent. `attempt` is what is still under way. */
  async #queue(sending: Sending, intent: Intent, isRepetition = true, attempt?: Promise<void>): Promise<SendResult> {
    const { lease, outgoing, envelope } = sending;
    if (this.#line === undefined) return failed('it waits to be queued, and this server has no queue');
    const message = underMessageId(outgoing, intent.messageId).submitted;
    await this.#line.put(lease, intent, { envelope, message }, attempt);
    const isSettled = await this.#keepCopy(sending, intent, isRepetition);
    return isSettled ? { kind: 'queued' } : failed(COPY_IS_MISSING);
  }

  /** False if a repetition may do it. That it failed is no reason to send the message again. */
  async #keepCopy(sending: Sending, intent: Intent, isRepetition: boolean): Promise<boolean> {
    const { mailbox, sentFolder, message, outgoing, lease } = sending;
    if (!message.saveInSent || !this.#keepsCopy) return true;
    try {
      if (isRepetition && (await this.#isInSent(sending, intent))) return true;
      if (!lease.isHeld()) return false;
      const { kept } = underMessageId(outgoing, intent.messageId);
      const folderId = sentFolder.id ?? (await sentFolder.make());
      if (folderId !== undefined) await mailbox.append(folderId, kept, { flags: SENT_FLAGS });
      return true;
    } catch (error) {
      this.#log.warn({ error, user: lease.user }, 'a sent message could not be kept in the sent folder');
      const mayGoBetter = !(error instanceof BackendError) || error.code === 'unavailable';
      return !mayGoBetter || this.#clock.now() - intent.at > COPY_PATIENCE_MS;
    }
  }

  async #isInSent({ mailbox, sentFolder: { id } }: Sending, intent: Intent): Promise<boolean> {
    if (id === undefined) return false;
    return (await mailbox.findMessageId(id, intent.messageId)).length > 0;
  }

  async #inTurn(key: string, task: () => Promise<SendResult>): Promise<SendResult> {
    const before = this.#underway.get(key);
    const mine = before ? before.then(task, task) : task();
    this.#underway.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#underway.get(key) === mine) this.#underway.delete(key);
    }
  }
}

const isOther = (intent: Intent, gist: string | undefined): boolean =>
  gist !== undefined && intent.gist !== undefined && intent.gist !== gist;

const COPY_IS_MISSING = 'it is on its way, and its copy could not be kept yet';

const isPassing = (error: unknown): error is BackendError | StoreError | OutboxError =>
  error instanceof BackendError || error instanceof StoreError || error instanceof OutboxError;

function refused(reason: 'no-recipients' | 'malformed' | 'quota' | 'rejected', why: string): SendResult {
  return { kind: 'refused', reason, why };
}

function failed(why: string): SendResult {
  return { kind: 'failed', reason: 'unavailable', why };
}
