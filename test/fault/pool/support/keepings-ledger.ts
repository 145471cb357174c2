/**
 * What a user's collections must be at the end: everything that another program put there, and the effect of every command whose
 * success a device was told. An item that is changed, moved or deleted is so by one command of one device alone.
 */
import type { SunkMessage } from '../../../support/smtp-sink.ts';
import { type MayBeTwice, Sendings } from '../../support/sendings.ts';
import type { Kept } from './keepings.ts';

/** By collection, what is in it. */
export type Collections = ReadonlyMap<string, readonly Kept[]>;

interface Expected {
  /** Undefined: nowhere. */
  readonly collection: string | undefined;
  readonly hasGap?: boolean;
}

export class KeepingsLedger {
  readonly #items = new Map<string, Expected>();
  readonly #touched = new Set<string>();
  /** Messages to those invited. */
  readonly told = new Sendings();

  /** `now('Standup', { collection: 'calendar' })` */
  now(label: string, expected: Expected): void {
    this.#items.set(label, expected);
  }

  /** An event with guests: whoever changes it has them told. */
  readonly withGuests = new Set<string>();

  /** False if another command has it, or the item is none of this ledger's. */
  touch(label: string | undefined): label is string {
    if (label === undefined || !this.#items.has(label) || this.#touched.has(label)) return false;
    this.#touched.add(label);
    return true;
  }

  /** One line for every difference. */
  check(
    collections: Collections,
    taken: (subject: string) => readonly SunkMessage[],
    mayBeTwice: MayBeTwice,
  ): string[] {
    const found: string[] = [];
    const uids = new Map<string, number>();
    const places = new Map<string, { collection: string; kept: Kept }[]>();
    for (const [collection, items] of collections) {
      for (const kept of items) {
        uids.set(kept.uid, (uids.get(kept.uid) ?? 0) + 1);
        places.set(kept.label, [...(places.get(kept.label) ?? []), { collection, kept }]);
      }
    }
    for (const [uid, count] of uids) if (count !== 1) found.push(`${count} items have the UID ${uid}`);
    for (const label of places.keys()) if (!this.#items.has(label)) found.push(`nobody made ${label}`);
    for (const [label, { collection, hasGap = false }] of this.#items) {
      const there = places.get(label) ?? [];
      const expected = collection === undefined ? '' : collection;
      if (there.map((it) => it.collection).join() !== expected)
        found.push(`${label} is in [${there.map((it) => it.collection).join()}], not in [${expected}]`);
      else if (there.some(({ kept }) => kept.hasGap !== hasGap))
        found.push(`${label} ${hasGap ? 'lacks' : 'has'} a gap`);
    }
    found.push(...this.told.check(taken, mayBeTwice));
    return found;
  }
}
