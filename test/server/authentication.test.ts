import { describe, expect, it } from 'vitest';
import type { Account, Credentials, MailSystem } from '../../lib/backends/index.ts';
import { BackendError } from '../../lib/backends/index.ts';
import { silentLog, systemRandom } from '../../lib/platform/index.ts';
import { Authenticator } from '../../lib/server/authentication/authenticator.ts';
import { readBasic } from '../../lib/server/authentication/basic.ts';
import { ManualClock } from '../support/manual-clock.ts';

const basic = (name: string, password: string) => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
const ADA: Account = { user: 'ada', addresses: ['ada@example.org'] };

type Answer = (it: Credentials) => Account | undefined | Promise<Account | undefined>;

/** A mail system that knows Ada's password and counts how often it is asked. */
function mailSystem(answer: Answer) {
  const asked: Credentials[] = [];
  const system = {
    name: 'scripted',
    authenticate: async (credentials: Credentials) => {
      asked.push(credentials);
      return answer(credentials);
    },
  } as unknown as MailSystem;
  return { system, asked };
}

function authenticator(answer: Answer = ({ password }) => (password === 'right' ? ADA : undefined)) {
  const clock = new ManualClock();
  const mail = mailSystem(answer);
  const options = { failuresPerUser: 3, failuresPerAddress: 5, windowSeconds: 300, rememberSeconds: 60 };
  const made = new Authenticator({ mail: mail.system, clock, random: systemRandom, log: silentLog, options });
  return {
    clock,
    asked: mail.asked,
    check: (name: string, password: string, from = '192.0.2.1') => made.check(basic(name, password), from),
  };
}

describe('Basic authentication header', () => {
  it('is read with a colon in the password', () => {
    expect(readBasic(basic('ada', 'a:b:c'))).toEqual({ userName: 'ada', password: 'a:b:c' });
  });
  it('is read as UTF-8, and as Latin-1 where it is not UTF-8', () => {
    expect(readBasic(basic('zoë', 'pässwörd'))).toEqual({ userName: 'zoë', password: 'pässwörd' });
    const latin1 = `Basic ${Buffer.from('zoë:pä', 'latin1').toString('base64')}`;
    expect(readBasic(latin1)).toEqual({ userName: 'zoë', password: 'pä' });
  });
  it.each([undefined, '', 'Bearer abc', 'Basic', 'Basic !!!', 'Basic bm9jb2xvbg==', 'Basic OnB3', basic('a\0b', 'x')])(
    'is no credentials when it is %j',
    (header) => {
      expect(readBasic(header)).toBeUndefined();
    },
  );
});

describe('Authenticator', () => {
  it('asks for a password where none came', async () => {
    const { system } = mailSystem(() => ADA);
    const options = { failuresPerUser: 3, failuresPerAddress: 5, windowSeconds: 300, rememberSeconds: 60 };
    const made = new Authenticator({
      mail: system,
      clock: new ManualClock(),
      random: systemRandom,
      log: silentLog,
      options,
    });
    expect(await made.check(undefined, '192.0.2.1')).toEqual({ kind: 'challenge' });
  });
  it('asks the mail system once while the password is remembered, and again after that', async () => {
    const { check, asked, clock } = authenticator();
    expect((await check('ada', 'right')).kind).toBe('known');
    expect((await check('ada', 'right')).kind).toBe('known');
    expect(asked).toHaveLength(1);
    await clock.advance(61_000);
    expect((await check('ada', 'right')).kind).toBe('known');
    expect(asked).toHaveLength(2);
  });
  it('remembers several passwords of a user, each for its own time', async () => {
    const { check, asked, clock } = authenticator((it) =>
      ['phone-1', 'tablet-1'].includes(it.password) ? ADA : undefined,
    );
    await check('ada', 'phone-1');
    await clock.advance(40_000);
    for (let i = 0; i < 5; i++) {
      expect((await check('ada', 'tablet-1')).kind).toBe('known');
      expect((await check('ada', 'phone-1')).kind).toBe('known');
    }
    expect(asked.map((it) => it.password)).toEqual(['phone-1', 'tablet-1']);
    await clock.advance(40_000);
    await check('ada', 'tablet-1');
    await check('ada', 'phone-1');
    expect(asked.map((it) => it.password)).toEqual(['phone-1', 'tablet-1', 'phone-1']);
  });
  it('takes an old password no longer than it is remembered, whatever else is confirmed', async () => {
    const right = new Set(['old', 'new']);
    const { check, clock } = authenticator((it) => (right.has(it.password) ? ADA : undefined));
    await check('ada', 'old');
    right.delete('old');
    await clock.advance(30_000);
    await check('ada', 'new');
    expect((await check('ada', 'old')).kind).toBe('known');
    await clock.advance(30_000);
    expect((await check('ada', 'old')).kind).toBe('challenge');
    expect((await check('ada', 'new')).kind).toBe('known');
  });
  it('makes one login of a phone’s simultaneous first requests', async () => {
    const { check, asked } = authenticator();
    const answers = await Promise.all([check('ada', 'right'), check('ada', 'right'), check('ada', 'right')]);
    expect(answers.map((it) => it.kind)).toEqual(['known', 'known', 'known']);
    expect(asked).toHaveLength(1);
  });
  it('never takes a wrong password for a remembered right one', async () => {
    const { check } = authenticator();
    await check('ada', 'right');
    expect((await check('ada', 'Right')).kind).toBe('challenge');
  });
  it('throttles a user whose password is guessed, however the name is written, and lets the known phone through', async () => {
    const { check, asked } = authenticator();
    await check('ada', 'right');
    for (const name of ['ada', 'ada@example.org', 'EXAMPLE\\ada']) await check(name, 'wrong', '198.51.100.7');
    const before = asked.length;
    expect(await check('Ada', 'right', '198.51.100.7')).toEqual({ kind: 'throttled', retryAfterSeconds: 300 });
    expect(asked).toHaveLength(before);
    expect((await check('ada', 'right')).kind).toBe('known');
  });
  it('counts a name with white space about it as the same name', async () => {
    const { check, asked } = authenticator();
    for (const name of ['ada', ' ada', 'ada\u00a0', 'ada @example.org', 'EXAMPLE\\ ada'])
      await check(name, name, `198.51.100.${asked.length}`);
    expect(asked).toHaveLength(3);
    expect((await check('  ada', 'guess', '198.51.100.9')).kind).toBe('throttled');
  });
  it('counts a network of IPv6, which is one guesser’s, as one address', async () => {
    const { check, asked } = authenticator();
    const addresses = [
      '2001:db8:0:7::1',
      '2001:0DB8::7:1:2:3:4',
      '2001:db8:0:7:ffff::',
      '2001:db8:0:7::192.0.2.1',
      '2001:db8:0:7::2',
    ];
    for (const [at, address] of addresses.entries()) await check(`user${at}`, 'summer', address);
    expect((await check('ada', 'right', '2001:db8:0:7::99')).kind).toBe('throttled');
    expect(asked).toHaveLength(5);
    expect((await check('ada', 'right', '2001:db8:0:8::99')).kind).toBe('known');
  });
  it('lets a phone through for good that had the right password, whatever is guessed and whichever old one another has', async () => {
    const { check, asked, clock } = authenticator();
    await check('ada', 'right');
    const answers = new Map<string, number>();
    for (let second = 0; second < 3_600; second += 5) {
      await check('ada', 'old', '192.0.2.5');
      await check('ada', `guess ${second}`, `198.51.100.${second % 250}`);
      if (second % 60 === 0) {
        const { kind } = await check('ada', 'right');
        answers.set(kind, (answers.get(kind) ?? 0) + 1);
      }
      await clock.advance(5_000);
    }
    expect([...answers]).toEqual([['known', 60]]);
    // Of 720 guesses in twelve windows no more were tried than are free; the right password once in its time.
    expect(asked.filter((it) => it.password.startsWith('guess')).length).toBeLessThanOrEqual(12 * 3);
    expect(asked.filter((it) => it.password === 'right').length).toBeLessThanOrEqual(60);
  });
  it('is asked by a device with an old password twice a minute, which throttles nobody', async () => {
    const { check, asked, clock } = authenticator();
    for (let second = 0; second < 600; second += 5) {
      expect((await check('ada', 'old')).kind).toBe('challenge');
      await clock.advance(5_000);
    }
    expect(asked).toHaveLength(20);
    expect((await check('ada', 'right', '192.0.2.9')).kind).toBe('known');
  });
  it('takes a password that was wrong and became right within half a minute', async () => {
    let right = 'old';
    const { check, clock } = authenticator((it) => (it.password === right ? ADA : undefined));
    expect((await check('ada', 'new')).kind).toBe('challenge');
    right = 'new';
    await clock.advance(30_000);
    expect((await check('ada', 'new')).kind).toBe('known');
  });
  it('lets a password that was right once pass the throttle once, and then no more', async () => {
    let right = 'first';
    const { check, asked, clock } = authenticator((it) => (it.password === right ? ADA : undefined));
    await check('ada', 'first');
    right = 'second';
    await clock.advance(61_000);
    for (const guess of ['a', 'b', 'c']) await check('ada', guess, '198.51.100.7');
    expect((await check('ada', 'first')).kind).toBe('challenge');
    await clock.advance(31_000);
    const before = asked.length;
    expect((await check('ada', 'first')).kind).toBe('throttled');
    expect(asked).toHaveLength(before);
  });
  it('throttles an address that guesses many users, and forgets it after the window', async () => {
    const { check, clock } = authenticator();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await check(name, 'wrong');
    expect((await check('ada', 'right')).kind).toBe('throttled');
    expect((await check('ada', 'right', '192.0.2.99')).kind).toBe('known');
    await clock.advance(300_000);
    expect((await check('f', 'right')).kind).toBe('known');
  });
  it('counts guesses under way for an address, whoever they are for: side by side no more pass than one by one', async () => {
    const { check, asked } = authenticator();
    const kinds = (await Promise.all(Array.from({ length: 20 }, (_, at) => check(`user${at}`, 'summer')))).map(
      (it) => it.kind,
    );
    expect(asked).toHaveLength(5);
    expect(kinds.filter((it) => it === 'challenge')).toHaveLength(5);
    expect(kinds.filter((it) => it === 'throttled')).toHaveLength(15);
  });
  it('lets those of an office who sign in side by side in one after the other: nobody is sent away', async () => {
    let asking = 0;
    let most = 0;
    const { check } = authenticator(async () => {
      most = Math.max(most, ++asking);
      await Promise.resolve();
      asking--;
      return ADA;
    });
    const kinds = await Promise.all(Array.from({ length: 30 }, (_, at) => check(`user${at}`, 'right')));
    expect(kinds.map((it) => it.kind)).toEqual(Array<string>(30).fill('known'));
    expect(most).toBe(5);
  });
  it('lets a phone’s simultaneous requests in with its first, after however many wrong passwords that one was let in', async () => {
    const { check, asked } = authenticator();
    for (const guess of ['a', 'b']) await check('ada', guess);
    const answers = await Promise.all([check('ada', 'right'), check('ada', 'right'), check('ada', 'right')]);
    expect(answers.map((it) => it.kind)).toEqual(['known', 'known', 'known']);
    expect(asked).toHaveLength(3);
  });
  it('does not count an unavailable mail system as a wrong password', async () => {
    const { check } = authenticator(() => {
      throw new BackendError('unavailable', 'The mail system does not answer');
    });
    for (let i = 0; i < 10; i++) await expect(check('ada', 'right')).rejects.toThrow('The mail system does not answer');
  });
});
