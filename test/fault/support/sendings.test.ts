import { expect, it } from 'vitest';
import type { SunkMessage } from '../../support/smtp-sink.ts';
import { Sendings } from './sendings.ts';

const message = (id: string): SunkMessage => ({
  from: 'ada@example.org',
  to: ['bob@example.org'],
  raw: Buffer.from(`Subject: sent-1\r\nMessage-ID: <${id}@example.org>\r\n\r\n`),
  user: 'ada',
  isAcknowledged: true,
});

function check(mayBeTwice: Parameters<Sendings['check']>[1], brokenOff: number, ...ids: readonly string[]) {
  const sendings = new Sendings();
  sendings.sent('sent-1', brokenOff);
  return sendings.check(() => ids.map(message), mayBeTwice);
}

it('what was told as sent is there, once', () => {
  expect(check('never', 0, 'a')).toEqual([]);
  expect(check('never', 3)).toEqual(['sent-1 was sent 0 times as 0 messages; 3 attempts of the phone broke off']);
  expect(check('never', 3, 'a', 'a')).toHaveLength(1);
});

it('where a server died: once more for each attempt that broke off, under the same Message-ID', () => {
  expect(check('where the phone saw it', 3, 'a', 'a', 'a', 'a')).toEqual([]);
  expect(check('where the phone saw it', 2, 'a', 'a', 'a', 'a')).toHaveLength(1);
  expect(check('where the phone saw it', 0, 'a', 'a')).toHaveLength(1);
  expect(check('where the phone saw it', 3, 'a', 'b')).toHaveLength(1);
  expect(check('once unseen', 0, 'a', 'a')).toEqual([]);
  expect(check('once unseen', 0, 'a', 'a', 'a')).toHaveLength(1);
});

it('what was looked at once stays as it was, whatever may be twice later', () => {
  const sendings = new Sendings();
  const taken = [message('a'), message('a')];
  sendings.sent('sent-1', 1);
  expect(sendings.check(() => taken, 'once unseen')).toEqual([]);
  expect(sendings.check(() => taken, 'never')).toEqual([]);
  taken.push(message('a'));
  expect(sendings.check(() => taken, 'once unseen')).toEqual(['sent-1 was sent 2 times, and later 1 times more']);
});
