/** When a folder need not be selected anew. */
import { expect, it } from 'vitest';
import { isFreshlySelected, select } from '../../../lib/backends/imap/select.ts';
import type { ImapSession } from '../../../lib/backends/imap/wire/session.ts';

/** Connections of one user whose server grants everything. */
function connections() {
  const time = { nowMs: 1_000 };
  const selections = new Map<string, number>();
  const open = (): ImapSession =>
    ({
      selections,
      selected: undefined,
      enabled: new Set(),
      command: async () => undefined,
      get nowMs() {
        return time.nowMs;
      },
    }) as unknown as ImapSession;
  return { time, one: open(), other: open() };
}

it('a moment after it was, for that folder alone', async () => {
  const { time, one } = connections();
  expect(isFreshlySelected(one, 'INBOX')).toBe(false);
  await select(one, 'INBOX');
  expect(isFreshlySelected(one, 'INBOX')).toBe(true);
  expect(isFreshlySelected(one, 'Sent')).toBe(false);
  time.nowMs += 300;
  expect(isFreshlySelected(one, 'INBOX')).toBe(false);
});

it('not where another connection of the user has looked since', async () => {
  const { one, other } = connections();
  await select(one, 'INBOX');
  await select(other, 'Sent');
  expect(isFreshlySelected(one, 'INBOX')).toBe(true);
  await select(other, 'INBOX');
  expect(isFreshlySelected(one, 'INBOX')).toBe(false);
  expect(isFreshlySelected(other, 'INBOX')).toBe(true);
});

it('not while a SELECT is on its way, and not after one that failed', async () => {
  const { one } = connections();
  await select(one, 'INBOX');
  const failing = Object.assign(one, { command: () => Promise.reject(new Error('NO')) });
  const selecting = select(failing, 'Gone');
  expect(isFreshlySelected(one, 'INBOX')).toBe(false);
  await expect(selecting).rejects.toThrow('NO');
  expect(isFreshlySelected(one, 'INBOX')).toBe(false);
  expect(isFreshlySelected(one, 'Gone')).toBe(false);
});
