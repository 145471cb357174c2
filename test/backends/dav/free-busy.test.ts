// Whom a device asks about is no part of a header or of a calendar before it is known to be an address.
import { expect, it } from 'vitest';
import type { DavConnection } from '../../../lib/backends/dav/connection.ts';
import { askFreeBusy } from '../../../lib/backends/dav/free-busy.ts';

const ME = { outbox: 'http://127.0.0.1/outbox/', address: 'mailto:ada@example.org' };

function asking(recipient: string) {
  const sent: string[] = [];
  const connection = {
    fetch: (_url: string, request: { body: string }) => {
      sent.push(request.body);
      return Promise.resolve(new Response('', { status: 403 }));
    },
  } as unknown as DavConnection;
  return { sent, answer: askFreeBusy(connection, ME, { recipient, fromMs: 0, toMs: 1, nowMs: 0 }) };
}

it('of an address is asked', async () => {
  const { sent, answer } = asking('bob.o-c+x@ex-1.org');
  expect(await answer).toBeUndefined();
  expect(sent.join()).toContain('ATTENDEE:mailto:bob.o-c+x@ex-1.org\r\n');
});

it.each(['bob', 'b@c\r\nATTENDEE:mailto:d@e', 'bób@c', 'a b@c', 'a@b,c@d', 'a;X=1@b', '"a"@b'])(
  'of %j nobody is asked',
  async (recipient) => {
    const { sent, answer } = asking(recipient);
    expect(await answer).toBeUndefined();
    expect(sent).toEqual([]);
  },
);
