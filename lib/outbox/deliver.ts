/**
 * One piece of queued mail, taken to the submission server by whoever works through the queue. The record is asked first and
 * holds the claim: of two copies of one message, one goes.
 */
import {
  BackendError,
  composeBounce,
  type Envelope,
  type Failure,
  mayBeAccepted,
  type SmtpServer,
  submitBySmtp,
} from '../backends/index.ts';
import { type Clock, type Log, type Random, reasonOf, sleep } from '../platform/index.ts';
import { type Store, StoreError } from '../store/index.ts';
import { OutboxError } from './errors.ts';
import { type Intent, Intents } from './intents.ts';
import type { QueuedEnvelope } from './mail-queue.ts';

export interface DeliverParts {
  readonly store: Store;
  readonly server: SmtpServer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * `sent`: by this call. `over`: there is nothing to do: it was sent, or an administrator dropped it. `returned`: it never will
 * be taken, and its sender was told. `later`: `mayBeAccepted` says that the server had it when the connection broke.
 */
export type Delivery =
  | { readonly kind: 'sent' | 'over' | 'returned' }
  | { readonly kind: 'later'; readonly why: string; readonly afterMs?: number; readonly mayBeAccepted?: boolean };

/** An attempt is broken off after so long … */
const ATTEMPT_MS = 40_000;
/** … and its claim ends later, by more than two machines' clocks differ. */
const HOLD_MS = 60_000;
const RECORD_ATTEMPTS = 5;
const RECORD_PAUSE_MS = 500;
const NOBODY = '';

/** `read` brings the message, once it is certain that it is to go. Throws OutboxError('bad-mail') where it is not there. */
export async function deliver(
  mail: QueuedEnvelope,
  read: () => Promise<Uint8Array>,
  parts: DeliverParts,
): Promise<Delivery> {
  const { store, clock, random, log } = parts;
  const intents = new Intents(store, clock, random);
  const { record, messageId } = mail;
  let claim: Intent | undefined;
  try {
    const found = await intents.read(record);
    if (found?.status === 'sent' || found?.status === 'dropped') return { kind: 'over' };
    const heldMs = (found?.until ?? 0) - clock.now();
    if (heldMs > 0) return { kind: 'later', why: 'another has it in hand', afterMs: heldMs };
    claim = await intents.claim(record, messageId, found, HOLD_MS);
  } catch (thrown) {
    if (!(thrown instanceof StoreError)) throw thrown;
    return { kind: 'later', why: reasonOf(thrown) };
  }
  if (claim === undefined) return { kind: 'later', why: 'another has it in hand', afterMs: HOLD_MS };
  try {
    const kind = await submit(mail.envelope, await read(), parts);
    for (let attempt = 0; !(await intents.settled(claim)); attempt++) {
      // It will be sent again, under the same Message-ID, if this stays so.
      if (attempt === RECORD_ATTEMPTS) return { kind: 'later', why: 'it is out, and that could not be recorded' };
      await sleep(clock, RECORD_PAUSE_MS);
    }
    return { kind };
  } catch (thrown) {
    await intents.release(claim);
    const isPassing = thrown instanceof BackendError || (thrown instanceof OutboxError && thrown.code !== 'bad-mail');
    if (!isPassing) throw thrown;
    log.warn({ item: record.sort, messageId, reason: reasonOf(thrown) }, 'queued mail was not taken');
    return { kind: 'later', why: reasonOf(thrown), mayBeAccepted: mayBeAccepted(thrown) };
  }
}

/** Throws BackendError: it is to be tried again. */
async function submit(envelope: Envelope, message: Uint8Array, parts: DeliverParts): Promise<'sent' | 'returned'> {
  try {
    const failures = await send(envelope, message, parts);
    if (failures.length > 0) await tellSender(envelope.from, failures, message, true, parts);
    return 'sent';
  } catch (thrown) {
    if (!(thrown instanceof BackendError) || !['rejected', 'over-quota'].includes(thrown.code)) throw thrown;
    const reason = reasonOf(thrown);
    const failures = envelope.to.map((recipient) => ({ recipient, reason }));
    await tellSender(envelope.from, failures, message, false, parts);
    return 'returned';
  }
}

/** The device was told that it is sent: who wrote it hears by mail that it was not. */
async function tellSender(
  sender: string,
  failures: readonly Failure[],
  message: Uint8Array,
  isTakenByOthers: boolean,
  parts: DeliverParts,
): Promise<void> {
  const { clock, random, log } = parts;
  const notice = composeBounce(sender, failures, message, new Date(clock.now()), random, isTakenByOthers);
  try {
    await send({ from: NOBODY, to: [sender] }, notice, parts);
  } catch (thrown) {
    // Where some have it, it must not go out again for the notice's sake.
    if (!isTakenByOthers) throw notTold(thrown);
    log.error({ sender, reason: reasonOf(thrown) }, 'the notice of refused recipients is lost');
  }
}

/** Whatever is wrong with the notice, the message is kept, and ends among the dead letters if that stays so. */
const notTold = (cause: unknown): BackendError =>
  new BackendError('unavailable', 'a message was refused, and its sender could not be told', {
    why: reasonOf(cause),
    cause,
  });

async function send(envelope: Envelope, message: Uint8Array, { server, clock }: DeliverParts) {
  const limit = new AbortController();
  const timer = clock.after(ATTEMPT_MS, () => limit.abort(new Error('it took too long')));
  try {
    return await submitBySmtp(server, envelope, message, limit.signal);
  } finally {
    timer.cancel();
  }
}
