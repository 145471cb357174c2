/** An engine on a scripted mailbox, a store that counts and fails, and a clock that a test moves. */
import { createHash } from 'node:crypto';
import { type Random, silentLog } from '../../../lib/platform/index.ts';
import { standaloneLease } from '../../../lib/pool/index.ts';
import type { Store } from '../../../lib/store/index.ts';
import { createUserSync, type SyncSettings, type UserSync } from '../../../lib/sync/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { FaultyStore, MemoryStore } from './faulty-store.ts';
import { PhoneCollection } from './phone.ts';
import { ScriptedMailbox, type ScriptOptions } from './scripted-mailbox.ts';

/** The same bytes in every run. */
export function seededRandom(seed: string): Random {
  let count = 0;
  const block = () => createHash('sha256').update(`${seed} ${count++}`).digest();
  return {
    number: () => block().readUInt32BE(0) / 2 ** 32,
    bytes(length) {
      const bytes = Buffer.alloc(length);
      for (let at = 0; at < length; at += 32) block().copy(bytes, at);
      return bytes;
    },
  };
}

export class Stage {
  readonly clock = new ManualClock();
  readonly mailbox: ScriptedMailbox;
  readonly store: FaultyStore;
  readonly random = seededRandom('stage');
  readonly settings: Partial<SyncSettings>;
  user: UserSync;
  isHeld = true;

  constructor(options: ScriptOptions & { store?: Store; settings?: Partial<SyncSettings> } = {}) {
    this.mailbox = new ScriptedMailbox(options);
    this.store = new FaultyStore(options.store ?? new MemoryStore());
    this.settings = options.settings ?? {};
    this.user = this.#boot();
  }

  /** The process dies and another begins: memory is gone, the store and the mailbox are not. */
  restart(): UserSync {
    this.user = this.#boot();
    return this.user;
  }

  phone(deviceId = 'phone1', kind: 'inbox' | 'drafts' | 'trash' | 'sent' = 'inbox'): Promise<PhoneCollection> {
    return PhoneCollection.of(this.user, deviceId, kind);
  }

  #boot(): UserSync {
    return createUserSync({
      account: this.mailbox.account,
      mailbox: this.mailbox,
      store: this.store,
      lease: { ...standaloneLease('ada', 'session1'), isHeld: () => this.isHeld },
      clock: this.clock,
      random: this.random,
      log: silentLog,
      settings: this.settings,
    });
  }
}

/** Lets everything that was begun go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
