// Whose bodies may be on their way in, and how many.
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { IncomingBodies } from '../../lib/server/http/incoming-bodies.ts';

const LIMIT_BYTES = 1_000;
const request = (isComplete = false) =>
  Object.assign(new PassThrough(), { headers: {}, complete: isComplete }) as unknown as IncomingMessage & PassThrough;

/** `read` begins one and says whether it was let in; `end` has all that are on the way come. */
function bodies(maxConcurrentRequests: number) {
  const made = new IncomingBodies(maxConcurrentRequests);
  const coming = new Map<PassThrough, Promise<unknown>>();
  return {
    read: async (user: string, address: string): Promise<boolean> => {
      const body = request();
      const reading = made.read(body, LIMIT_BYTES, { user, address });
      const turn = new Promise<undefined>((done) => setImmediate(() => done(undefined)));
      const refused = await Promise.race([reading.catch((thrown: unknown) => thrown), turn]);
      if (refused === undefined)
        coming.set(
          body,
          reading.catch(() => undefined),
        );
      else expect(refused).toMatchObject({ code: 'busy' });
      return refused === undefined;
    },
    whole: (user: string, address: string) => {
      const body = request(true);
      body.end('whole');
      return made.read(body, LIMIT_BYTES, { user, address });
    },
    finish: async (how: (body: PassThrough) => void) => {
      for (const body of coming.keys()) how(body);
      await Promise.all(coming.values());
      coming.clear();
    },
  };
}

async function many(count: number, read: (at: number) => Promise<boolean>): Promise<number> {
  let taken = 0;
  for (let at = 0; at < count; at++) if (await read(at)) taken++;
  return taken;
}

it('a user’s are a twentieth of the requests that are worked on at once, from wherever they come', async () => {
  const { read } = bodies(500);
  expect(await many(100, (at) => read('ada', `192.0.2.${at}`))).toBe(25);
  expect(await read('bob', '192.0.2.1')).toBe(true);
});

it.each([
  ['an address', (at: number) => `198.51.100.${at < 500 ? 1 : 2}`],
  ['a network of IPv6', (at: number) => `2001:db8:0:${at < 500 ? 7 : 8}::${at.toString(16)}`],
])('those of %s are a quarter of them, whoever they are from', async (_, addressOf) => {
  const { read } = bodies(500);
  expect(await many(500, (at) => read(`user${at}`, addressOf(at)))).toBe(125);
  expect(await read('user0', addressOf(500))).toBe(true);
});

it.each<[string, (body: PassThrough) => void]>([
  ['have come', (body) => body.end('all')],
  ['were broken off', (body) => body.destroy()],
  ['were too large', (body) => body.write('x'.repeat(LIMIT_BYTES + 1))],
])('those that %s count no more', async (_, how) => {
  const { read, finish } = bodies(10);
  for (let round = 0; round < 3; round++) {
    expect(await many(20, () => read('ada', '192.0.2.1'))).toBe(8);
    await finish(how);
  }
});

it('one that came whole with its header is read whatever is on the way', async () => {
  const { read, whole } = bodies(10);
  await many(20, () => read('ada', '192.0.2.1'));
  expect((await whole('ada', '192.0.2.1')).toString()).toBe('whole');
});
