// Bad input: what comes from another server. Frames come out as they went in, wherever the bytes are cut; anything else is refused.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toFront, toOwner } from '../../lib/server/peer/conversation-messages.ts';
import { type Frame, FrameReader, writeFrame } from '../../lib/server/peer/frames.ts';
import { fuzz, FUZZ_TIMEOUT_MS } from './support/fuzz.ts';

const LIMIT_BYTES = 5_000;

const frame = fc.record({ head: fc.jsonValue(), body: fc.uint8Array({ maxLength: LIMIT_BYTES }) });
const cuts = fc.array(fc.nat({ max: 12_000 }), { maxLength: 12 });

function read(bytes: Buffer, at: readonly number[]): { readonly frames: readonly Frame[]; readonly isWhole: boolean } {
  const reader = new FrameReader(LIMIT_BYTES);
  const bounds = [0, ...at.map((it) => it % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  const pieces = bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
  const frames: Frame[] = [];
  for (const piece of pieces) reader.push(piece, (it) => frames.push(it));
  return { frames, isWhole: reader.isEmpty };
}

describe('frames between servers', () => {
  it('come out as they went in, wherever they are cut', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    await fuzz('frames between servers: cut', fc.tuple(fc.array(frame, { maxLength: 5 }), cuts), ([sent, at]) => {
      const bytes = Buffer.concat(sent.map(({ head, body }) => writeFrame(head, body)));
      const { frames, isWhole } = read(bytes, at);
      expect(frames.map(({ head, body }) => [JSON.stringify(head), Buffer.from(body).toString('hex')])).toEqual(
        sent.map(({ head, body }) => [JSON.stringify(head), Buffer.from(body).toString('hex')]),
      );
      expect(isWhole).toBe(true);
    });
  });

  it('that were changed under way are other frames, or refused', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const changed = fc.tuple(fc.array(frame, { minLength: 1, maxLength: 3 }), cuts, fc.nat(), fc.integer({ max: 255 }));
    await fuzz('frames between servers: changed', changed, ([sent, at, where, value]) => {
      const bytes = Buffer.concat(sent.map(({ head, body }) => writeFrame(head, body)));
      bytes[where % bytes.length] = value;
      const frames = orRefused(() => read(bytes, at).frames) ?? [];
      for (const { body } of frames) expect(body.length).toBeLessThanOrEqual(LIMIT_BYTES);
    });
  });

  it('with heads of any kind are words of the protocol, or refused', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const id = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null));
    const head = fc.oneof(
      fc.jsonValue(),
      fc.record(
        { call: id, cancel: id, close: id, kind: fc.constantFrom('reply', 'wait', 'moved', 'large', 'again', 'x') },
        { requiredKeys: [] },
      ),
    );
    await fuzz('frames between servers: heads', head, (it) => {
      const heard = orRefused(() => toOwner.read(it, new Uint8Array(0)));
      if (heard && heard.kind !== 'close') expect(Number.isSafeInteger(heard.id) && heard.id > 0).toBe(true);
      const answered = orRefused(() => toFront.read(it, new Uint8Array(0)));
      if (answered && answered.kind !== 'completion') expect(answered.id).toBeGreaterThan(0);
    });
  });
});

/** Undefined where it was refused by an error. */
function orRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Error);
    return undefined;
  }
}
