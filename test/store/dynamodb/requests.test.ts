/** When a request is sent again: against a clock that is moved by hand, and a service that is a list of answers. */
import type { DynamoClient } from '../../../lib/store/dynamodb/client.ts';
import { describe, expect, it } from 'vitest';
// What is tested here is not for other rooms.
import { type Repeat, Requests, type Sent } from '../../../lib/store/dynamodb/requests.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const throttled = () =>
  Object.assign(new Error('slow down'), { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } });
const reset = () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
const refusedConnection = () =>
  new AggregateError(
    ['::1', '127.0.0.1'].map((address) =>
      Object.assign(new Error(`connect ECONNREFUSED ${address}`), { code: 'ECONNREFUSED', syscall: 'connect' }),
    ),
  );
const invalidSignature = (clockSkewCorrected: boolean) =>
  Object.assign(new Error('Signature not yet current'), {
    name: 'InvalidSignatureException',
    $metadata: { httpStatusCode: 400, clockSkewCorrected },
  });

describe('Requests', () => {
  /** Sends once; every answer is an error to throw, 'silence', or what was asked for. The highest jitter. */
  async function send(repeat: Repeat, answers: readonly (Error | 'silence' | 'done')[], timeoutMs = 1_000) {
    const clock = new ManualClock();
    const sentAt: number[] = [];
    const aborted: boolean[] = [];
    const random = { number: () => 1, bytes: (count: number) => new Uint8Array(count) };
    const client = {} as DynamoClient;
    const requests = new Requests({ client, clock, random, timeoutMs, metrics: { observe() {} } });
    const result: { sent?: Sent<string> } = {};
    const sending = requests
      .send('update', repeat, (_, { abortSignal }) => {
        const answer = answers[sentAt.length];
        const position = sentAt.push(clock.monotonic()) - 1;
        aborted[position] = false;
        abortSignal.addEventListener('abort', () => {
          aborted[position] = true;
        });
        if (answer === 'silence') return new Promise<string>(() => {});
        return answer === 'done' || answer === undefined ? Promise.resolve('answer') : Promise.reject(answer);
      })
      .then((sent) => {
        result.sent = sent;
      });
    for (let step = 0; step < 400 && !result.sent; step += 1) await clock.advance(step === 0 ? 0 : 25);
    await sending;
    return { sent: result.sent, sentAt, aborted };
  }

  it('wait up to twice as long before every attempt, and half a second at most', async () => {
    const { sentAt, sent } = await send('read', Array.from({ length: 9 }, throttled));
    expect(sentAt).toEqual([0, 50, 150, 350, 750]);
    expect(sent).toMatchObject({ ok: false, failure: { kind: 'throttled' }, mayBeDone: false });
  });

  it('of a write begin no later than the time of one after the first', async () => {
    expect((await send('never', Array.from({ length: 9 }, throttled), 200)).sentAt).toEqual([0, 50, 150]);
    expect((await send('read', Array.from({ length: 9 }, throttled), 200)).sentAt).toHaveLength(5);
  });

  it('that found no connection are sent again, whatever they are', async () => {
    const { sentAt, sent } = await send('never', [refusedConnection(), refusedConnection()]);
    expect(sent).toEqual({ ok: true, output: 'answer' });
    expect(sentAt).toHaveLength(3);
  });

  it('with a wrong time are sent again once the SDK knows the right one', async () => {
    expect((await send('never', [invalidSignature(true)])).sentAt).toHaveLength(2);
    const { sent, sentAt } = await send('never', [invalidSignature(false)]);
    expect(sentAt).toHaveLength(1);
    expect(sent).toMatchObject({ failure: { kind: 'failed' }, mayBeDone: false });
  });

  it.each([
    ['read', [0, 50]],
    ['idempotent', [0, 50]],
    ['never', [0]],
  ] as const)('that were reset are sent again where that is safe: %s', async (repeat, expected) => {
    const { sentAt } = await send(repeat, [reset()]);
    expect(sentAt).toEqual(expected);
  });

  it.each([
    ['read', 2],
    ['idempotent', 1],
    ['never', 1],
  ] as const)('that had no answer are aborted in time; %s: sent %i times', async (repeat, count) => {
    const { sentAt, aborted, sent } = await send(repeat, ['silence']);
    expect(sentAt).toHaveLength(count);
    expect(aborted[0]).toBe(true);
    if (count === 1) expect(sent).toMatchObject({ failure: { kind: 'lost', isTimeout: true }, mayBeDone: true });
  });
});
