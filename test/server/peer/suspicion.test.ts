// What a server concludes from connections to another that break and are refused.
import { expect, it } from 'vitest';
import { systemClock, silentLog } from '../../../lib/platform/index.ts';
import type { LinkEnd, PeerLinkOptions } from '../../../lib/server/peer/peer-link.ts';
import { type Link, Peers } from '../../../lib/server/peer/peers.ts';
import { poolKeys } from '../../../lib/server/peer/pool-key.ts';

const PEER = { session: 's1', address: '127.0.0.1:1' };
const END: LinkEnd = { tickets: [], wasOpen: false, isRefused: false, isSucceeded: false };

/** The connections that were tried, each to be opened and ended by hand. */
class Wires {
  readonly suspicions: string[] = [];
  readonly tried: { readonly open: () => void; readonly end: (end: Partial<LinkEnd>) => void }[] = [];
  readonly peers = new Peers({
    keys: poolKeys('test', ['the key of the pool']),
    answerLimitBytes: 1,
    clock: systemClock,
    log: silentLog,
    onCompletion: () => {},
    onLost: () => {},
    onSuspect: (session, suspicion) => this.suspicions.push(`${session} ${suspicion}`),
    open: (options) => this.#open(options),
  });

  /** Any use of the connection. */
  use(): void {
    void this.peers.waitingDevices(PEER, 'ada').catch(() => undefined);
  }

  last(): Wires['tried'][number] {
    const last = this.tried.at(-1);
    if (!last) throw new Error('nothing was tried');
    return last;
  }

  #open(options: PeerLinkOptions): Link {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => undefined);
    const link = { hasEnded: false };
    this.tried.push({
      open: resolve,
      end(end) {
        link.hasEnded = true;
        reject(new Error('it ended'));
        options.onEnd({ ...END, ...end });
      },
    });
    return Object.assign(link, {
      execute: () => Promise.reject(new Error('not here')),
      order: () => Promise.reject(new Error('not here')),
      tell: () => Promise.resolve(),
      waitingDevices: () => Promise.resolve(undefined),
      isWaiting: () => false,
      closeTicket: () => {},
      ready: () => promise,
      close: () => {},
    });
  }
}

it('one that broke and whose address refuses at once is gone', async () => {
  const wires = new Wires();
  wires.use();
  wires.last().open();
  await Promise.resolve();
  wires.last().end({ wasOpen: true });
  wires.last().end({ isRefused: true });
  expect(wires.suspicions).toEqual(['s1 gone']);
});

it('one that broke, whose address resets the first connection after that and refuses the next, is gone', async () => {
  const wires = new Wires();
  wires.use();
  wires.last().open();
  await Promise.resolve();
  wires.last().end({ wasOpen: true });
  wires.last().end({});
  expect(wires.suspicions).toEqual([]);
  wires.use();
  wires.last().end({ isRefused: true });
  expect(wires.suspicions).toEqual(['s1 gone']);
});

it('one that was never open, or that was open again, is only looked at more closely where it refuses', async () => {
  const wires = new Wires();
  wires.use();
  wires.last().end({ isRefused: true });
  wires.use();
  wires.last().open();
  await Promise.resolve();
  wires.last().end({ wasOpen: true });
  wires.last().open();
  await new Promise((done) => setTimeout(done));
  wires.use();
  wires.last().end({ isRefused: true });
  expect(wires.suspicions).toEqual(['s1 no-answer', 's1 no-answer']);
});
