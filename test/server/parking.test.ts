import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Reply, RoadWait } from '../../lib/server/activesync/road.ts';
import { Parking } from '../../lib/server/parking.ts';
import { ManualClock } from '../support/manual-clock.ts';

const reply = (status: number): Reply => ({ kind: 'reply', status, headers: {}, body: new Uint8Array(0) });
const AT_DEADLINE = reply(200);
const wait = (ticket: string, waitMs = 60_000): RoadWait => ({ kind: 'wait', ticket, waitMs, atDeadline: AT_DEADLINE });

function parkOne(parking: Parking, ticket: string) {
  const seen: unknown[] = [];
  const response = new EventEmitter();
  parking.park(wait(ticket), response as ServerResponse, {
    answer: (answer) => seen.push(answer),
    again: () => seen.push('again'),
    lost: () => seen.push('lost'),
    close: () => seen.push('closed'),
  });
  return { seen, hangUp: () => response.emit('close') };
}

describe('Parking', () => {
  it('gives the answer at the deadline, and tells the owner that nobody waits', async () => {
    const clock = new ManualClock();
    const parking = new Parking(clock);
    const { seen } = parkOne(parking, 't1');
    await clock.advance(59_999);
    expect(seen).toEqual([]);
    await clock.advance(1);
    expect(seen).toEqual(['closed', AT_DEADLINE]);
    expect(parking.size).toBe(0);
  });
  it('gives the answer of a completed ticket once', () => {
    const parking = new Parking(new ManualClock());
    const { seen, hangUp } = parkOne(parking, 't1');
    parking.complete('t1', reply(204));
    hangUp();
    expect(seen).toEqual([reply(204)]);
  });
  it('runs a request again when its ticket says so', () => {
    const parking = new Parking(new ManualClock());
    const { seen } = parkOne(parking, 't1');
    parking.complete('t1', { kind: 'again' });
    expect(seen).toEqual(['again']);
  });
  it('runs a request again elsewhere when its owner is lost', () => {
    const parking = new Parking(new ManualClock());
    const { seen } = parkOne(parking, 't1');
    parking.complete('t1', { kind: 'lost' });
    expect(seen).toEqual(['lost']);
  });
  it('loses no completion that came before the response was parked', () => {
    const parking = new Parking(new ManualClock());
    parking.complete('t1', { kind: 'again' });
    expect(parkOne(parking, 't1').seen).toEqual(['again']);
    expect(parking.size).toBe(0);
  });
  it('lets a device that hung up go', () => {
    const parking = new Parking(new ManualClock());
    const { seen, hangUp } = parkOne(parking, 't1');
    hangUp();
    expect(seen).toEqual(['closed']);
    expect(parking.size).toBe(0);
  });
  it('answers everybody when the server stops', () => {
    const parking = new Parking(new ManualClock());
    const first = parkOne(parking, 't1');
    const second = parkOne(parking, 't2');
    parking.answerAll();
    expect([first.seen, second.seen]).toEqual([
      ['closed', AT_DEADLINE],
      ['closed', AT_DEADLINE],
    ]);
  });
});
