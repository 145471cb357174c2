// A front on its way to a user's owner, over real sockets: it reads again who that is, sends again what may be, and gives up.
import { afterEach, describe, expect, it } from 'vitest';
import type { DeviceOrder } from '../../../lib/administration/index.ts';
import { type Clock, silentLog, systemClock } from '../../../lib/platform/index.ts';
import type { Location, Member, StaleAnswer } from '../../../lib/pool/index.ts';
import { RoutedRoad } from '../../../lib/server/activesync/routed-road.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import {
  type OwnerOptions,
  type OwnerSide,
  reply,
  request,
  startFront,
  startOwner,
  until,
} from './support/two-servers.ts';

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

async function owner(options: OwnerOptions): Promise<OwnerSide> {
  const side = await startOwner(options);
  opened.push(() => side.close());
  return side;
}

const at = ({ address }: { address: string }, session: string, epoch: number): Location => ({
  kind: 'theirs',
  session,
  address,
  epoch,
});

/** Twenty seconds in one. */
const hasty: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * 20,
  after: (delayMs, task) => systemClock.after(delayMs / 20, task),
};

/** Says one place after the other, the last for ever. */
function roadTo(...places: readonly Location[]) {
  const clock = places.some((it) => it.kind === 'nowhere') ? hasty : systemClock;
  const side = startFront();
  opened.push(() => side.peers.close());
  const asked: (StaleAnswer | undefined)[] = [];
  const locate = async (_: string, stale?: StaleAnswer) => {
    asked.push(stale);
    return places[Math.min(asked.length, places.length) - 1] as Location;
  };
  const member = { locate } as Pick<Member, 'locate'> as Member;
  const orders: DeviceOrder[] = [];
  const local = {
    execute: async () => reply(200, Buffer.from('here')),
    order: async (order: DeviceOrder) => void orders.push(order),
    closeTicket: () => {},
  };
  return { road: new RoutedRoad({ member, peers: side.peers, local, clock, log: silentLog }), asked, orders };
}

describe('a front', () => {
  it('that is told 421 reads again, not before that epoch, and goes to the right owner', async () => {
    const former = await owner({ session: 's1', execute: () => ({ kind: 'moved' }) });
    const next = await owner({ session: 's2', execute: () => reply(200, Buffer.from('next')) });
    const { road, asked } = roadTo(at(former, 's1', 3), at(next, 's2', 4));
    expect(await road.execute(request())).toMatchObject({ kind: 'reply', body: Buffer.from('next') });
    expect(asked).toEqual([undefined, { session: 's1', epoch: 3 }]);
    expect(next.executed[0]?.to).toEqual({ session: 's2', epoch: 4 });
  });

  it('that is told 421 and whose the user is asks for that place, at once and for the first telling alone', async () => {
    const to = (session: string, epoch: number) => ({ session, address: `${session}:1`, epoch });
    const first = await owner({ session: 's1', execute: () => ({ kind: 'moved', owner: to('s2', 4) }) });
    const second = await owner({ session: 's2', execute: () => ({ kind: 'moved', owner: to('s3', 5) }) });
    const third = await owner({ session: 's3', execute: () => reply(200, Buffer.from('third')) });
    const { road, asked } = roadTo(at(first, 's1', 3), at(second, 's2', 4), at(third, 's3', 5));
    expect(await road.execute(request())).toMatchObject({ kind: 'reply', body: Buffer.from('third') });
    expect(asked).toEqual([undefined, { session: 's1', epoch: 3, told: to('s2', 4) }, { session: 's2', epoch: 4 }]);
  });

  it('serves the user itself once that is so', async () => {
    const former = await owner({ session: 's1', execute: () => ({ kind: 'moved' }) });
    const lease = { user: 'ada', session: 's0', epoch: 4, isHeld: () => true };
    const { road } = roadTo(at(former, 's1', 3), { kind: 'mine', lease });
    expect(await road.execute(request())).toMatchObject({ body: Buffer.from('here') });
  });

  it.each(['Ping', 'Sync', 'FolderSync', 'GetItemEstimate', 'SendMail'] as const)(
    'sends a %s again to the next owner when the first one breaks off',
    async (command) => {
      const first = await owner({ session: 's1', execute: () => new Promise(() => {}) });
      const wire = await TcpProxy.start('127.0.0.1', first.port);
      opened.push(() => wire.stop());
      const next = await owner({ session: 's2', execute: () => reply(200, Buffer.from('next')) });
      const { road } = roadTo(at({ address: `127.0.0.1:${wire.port}` }, 's1', 1), at(next, 's2', 2));
      const answer = road.execute(request({ line: { ...request().line, command } }));
      await until(() => first.executed.length === 1, 'the first has it');
      wire.cut();
      expect(await answer).toMatchObject({ body: Buffer.from('next') });
    },
  );

  it('answers a FolderCreate whose owner broke off by an error: the device knows what it wanted', async () => {
    const first = await owner({ session: 's1', execute: () => new Promise(() => {}) });
    const wire = await TcpProxy.start('127.0.0.1', first.port);
    opened.push(() => wire.stop());
    const { road } = roadTo(at({ address: `127.0.0.1:${wire.port}` }, 's1', 1));
    const line = { ...request().line, command: 'FolderCreate' as const };
    const failed = expect(road.execute(request({ line }))).rejects.toMatchObject({ code: 'owner-lost' });
    await until(() => first.executed.length === 1, 'the first has it');
    wire.cut();
    await failed;
  });

  it('tries a FolderCreate elsewhere where no connection came about: nothing of it was sent', async () => {
    const gone = await startOwner();
    await gone.close();
    const next = await owner({ session: 's2', execute: () => reply(200, Buffer.from('next')) });
    const { road } = roadTo(at(gone, 's1', 1), at(next, 's2', 2));
    const line = { ...request().line, command: 'FolderCreate' as const };
    expect(await road.execute(request({ line }))).toMatchObject({ body: Buffer.from('next') });
  });

  it('gives up after a while where nobody serves the user', async () => {
    const { road } = roadTo({ kind: 'nowhere', retryAfterMs: 1_000, why: 'the store does not answer' });
    const from = hasty.monotonic();
    await expect(road.execute(request())).rejects.toMatchObject({ code: 'no-owner' });
    expect(hasty.monotonic() - from).toBeGreaterThan(15_000);
  });
});

describe("an administrator's order", () => {
  const BLOCK: DeviceOrder = { kind: 'access', device: 'phone1', access: 'blocked' };

  it('goes to the owner, and on to the next where the user has moved', async () => {
    const former = await owner({ session: 's1', order: () => ({ kind: 'moved' }) });
    const next = await owner({ session: 's2' });
    const { road, orders } = roadTo(at(former, 's1', 3), at(next, 's2', 4));
    await road.order('ada', BLOCK);
    expect(next.ordered).toEqual([{ user: 'ada', order: BLOCK, to: { session: 's2', epoch: 4 } }]);
    expect(orders).toEqual([]);
  });

  it('is carried out here for a user of this server', async () => {
    const lease = { user: 'ada', session: 's0', epoch: 4, isHeld: () => true };
    const { road, orders } = roadTo({ kind: 'mine', lease });
    await road.order('ada', BLOCK);
    expect(orders).toEqual([BLOCK]);
  });

  it('that the owner refuses is refused with its code and words', async () => {
    const failed = { kind: 'failed' as const, code: 'wipe-not-possible', what: 'It cannot', remedy: 'Block it.' };
    const there = await owner({ session: 's1', order: () => failed });
    const { road } = roadTo(at(there, 's1', 3));
    const refused = { code: 'wipe-not-possible', message: 'It cannot', remedy: 'Block it.' };
    await expect(road.order('ada', BLOCK)).rejects.toMatchObject(refused);
  });

  it('is not given twice where the owner broke off: who gave it looks first', async () => {
    const first = await owner({ session: 's1', order: () => new Promise(() => {}) });
    const wire = await TcpProxy.start('127.0.0.1', first.port);
    opened.push(() => wire.stop());
    const next = await owner({ session: 's2' });
    const { road } = roadTo(at({ address: `127.0.0.1:${wire.port}` }, 's1', 1), at(next, 's2', 2));
    const lost = expect(road.order('ada', BLOCK)).rejects.toMatchObject({ code: 'owner-lost' });
    await until(() => first.ordered.length === 1, 'the first has it');
    wire.cut();
    await lost;
    expect(next.ordered).toEqual([]);
  });
});
