import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../lib/activesync/index.ts';
import type { DeviceRecord, WatchState } from '../../../lib/sync/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type FakeUser, fakeUser } from './support/fake-user.ts';
import { answerXml, TestDevice, type TestDeviceOptions, waitOf } from './support/test-device.ts';

const folder = (id: string) => `<Folder><Id>${id}</Id><Class>Email</Class></Folder>`;
const request = (seconds: number | string, ...ids: string[]) =>
  `<Ping><HeartbeatInterval>${seconds}</HeartbeatInterval><Folders>${ids.map(folder).join('')}</Folders></Ping>`;

function ready(
  states: Readonly<Record<string, WatchState>> = {},
  options: TestDeviceOptions = {},
  ping?: DeviceRecord['ping'],
): { fake: FakeUser; device: TestDevice } {
  const fake = fakeUser({
    record: { ping, lastSeen: Date.now(), protocolVersion: options.version ?? '16.1' },
    device: { watchState: (id) => Promise.resolve(states[id] ?? 'not-found') },
  });
  return { fake, device: new TestDevice(fake.user, options) };
}

const statusOf = async (device: TestDevice, body?: string) => (await device.post('Ping', body)).xml;

describe('Ping on folders where nothing happened', () => {
  it('MS-ASCMD_R306: waits for as long as the device asked, and answers Status 1 then', async () => {
    const clock = new ManualClock();
    await clock.advance(5_000);
    const { fake, device } = ready({ 1: 'quiet', 3: 'quiet' }, { clock });
    const wait = waitOf(await device.post('Ping', request(480, '1', '3')));
    expect(wait.deadline).toBe(485_000);
    expect(answerXml(wait.answerAtDeadline)).toBe('<Ping><Status>1</Status></Ping>');
    expect(fake.waiting.open_.get(wait.ticket)).toMatchObject({
      deviceId: 'phone1',
      purpose: 'ping',
      collectionIds: ['1', '3'],
    });
  });

  it('MS-ASCMD_R4235, MS-ASCMD_R4236, MS-ASCMD_R3082: answers Status 2 with the folders that changed', async () => {
    const { fake, device } = ready({ 1: 'quiet', 3: 'quiet' });
    const { ticket } = waitOf(await device.post('Ping', request(60, '1', '3')));
    const completion = fake.waiting.change(ticket, ['3']);
    expect(completion.kind).toBe('answer');
    expect(answerXml((completion as { answer: Answer }).answer)).toBe(
      '<Ping><Status>2</Status><Folders><Folder>3</Folder></Folders></Ping>',
    );
  });

  it('MS-ASCMD_R4257, MS-ASCMD_R4258: answers Status 7 when the hierarchy changed', async () => {
    const { fake, device } = ready({ 1: 'quiet' });
    const { ticket } = waitOf(await device.post('Ping', request(60, '1')));
    const completion = fake.waiting.change(ticket, [], true);
    expect(answerXml((completion as { answer: Answer }).answer)).toBe('<Ping><Status>7</Status></Ping>');
  });

  it('ends with Status 1 when the device sends a newer Ping', async () => {
    const { fake, device } = ready({ 1: 'quiet' });
    const { ticket } = waitOf(await device.post('Ping', request(60, '1')));
    const completion = fake.waiting.supersede(ticket);
    expect(answerXml((completion as { answer: Answer }).answer)).toBe('<Ping><Status>1</Status></Ping>');
  });
});

describe('Ping on folders that have changes already', () => {
  it('MS-ASCMD_R5636: answers at once by what the device was last sent', async () => {
    const { fake, device } = ready({ 1: 'changed', 2: 'quiet', 3: 'changed' });
    expect(await statusOf(device, request(60, '1', '2', '3'))).toBe(
      '<Ping><Status>2</Status><Folders><Folder>1</Folder><Folder>3</Folder></Folders></Ping>',
    );
    expect(fake.waiting.size).toBe(0);
  });

  it('counts a folder whose first Sync is unfinished as changed', async () => {
    const { device } = ready({ 1: 'not-primed', 3: 'quiet' });
    expect(await statusOf(device, request(60, '1', '3'))).toBe(
      '<Ping><Status>2</Status><Folders><Folder>1</Folder></Folders></Ping>',
    );
  });

  it('MS-ASCMD_R4257: answers Status 7 for a folder that is gone', async () => {
    const { fake, device } = ready({ 1: 'changed' });
    expect(await statusOf(device, request(60, '1', '99'))).toBe('<Ping><Status>7</Status></Ping>');
    expect(fake.waiting.size).toBe(0);
  });
});

describe('what a Ping leaves out', () => {
  it('MS-ASCMD_R4240, MS-ASCMD_R4241: is missing until it was sent once', async () => {
    const { device } = ready({ 1: 'quiet' });
    expect(await statusOf(device)).toBe('<Ping><Status>3</Status></Ping>');
    expect(await statusOf(device, `<Ping><Folders>${folder('1')}</Folders></Ping>`)).toBe(
      '<Ping><Status>3</Status></Ping>',
    );
    expect(await statusOf(device, '<Ping><HeartbeatInterval>60</HeartbeatInterval></Ping>')).toBe(
      '<Ping><Status>3</Status></Ping>',
    );
  });

  it('MS-ASCMD_R335: is all there from the last Ping when the body is empty', async () => {
    const { fake, device } = ready({ 1: 'quiet', 3: 'quiet' });
    await device.post('Ping', request(120, '1', '3'));
    const { ticket } = waitOf(await device.post('Ping'));
    expect(fake.waiting.open_.get(ticket)?.collectionIds).toEqual(['1', '3']);
  });

  it('MS-ASCMD_R5836: is the heartbeat, when only the folders are sent', async () => {
    const clock = new ManualClock();
    const { device } = ready({ 1: 'quiet', 3: 'quiet' }, { clock });
    await device.post('Ping', request(120, '1'));
    const wait = waitOf(await device.post('Ping', `<Ping><Folders>${folder('3')}</Folders></Ping>`));
    expect(wait.deadline).toBe(120_000);
  });

  it('is the folders, when only the heartbeat is sent', async () => {
    const { fake, device } = ready({ 1: 'quiet', 3: 'quiet' });
    await device.post('Ping', request(120, '1', '3'));
    const wait = waitOf(await device.post('Ping', '<Ping><HeartbeatInterval>300</HeartbeatInterval></Ping>'));
    expect(fake.waiting.open_.get(wait.ticket)?.collectionIds).toEqual(['1', '3']);
  });

  it('is remembered as it was last accepted', async () => {
    const { fake, device } = ready({ 1: 'quiet' });
    await device.post('Ping', request(120, '1'));
    await device.post('Ping', request(10, '3'));
    expect(fake.saved).toEqual([{ ping: { heartbeatSeconds: 120, folders: [{ id: '1', itemClass: 'Email' }] } }]);
  });
});

describe('bounds of a Ping', () => {
  it('MS-ASCMD_R5837, MS-ASCMD_R5690: a heartbeat too short is answered with the shortest', async () => {
    const { device } = ready({ 1: 'quiet' });
    for (const seconds of [59, 1, 0, -1]) {
      expect(await statusOf(device, request(seconds, '1'))).toBe(
        '<Ping><Status>5</Status><HeartbeatInterval>60</HeartbeatInterval></Ping>',
      );
    }
  });

  it('MS-ASCMD_R4249, MS-ASCMD_R5691: a heartbeat too long is answered with the longest', async () => {
    const { device } = ready({ 1: 'quiet' });
    expect(await statusOf(device, request(3541, '1'))).toBe(
      '<Ping><Status>5</Status><HeartbeatInterval>3540</HeartbeatInterval></Ping>',
    );
  });

  it.each([60, 3540])('%i seconds are within them', async (seconds) => {
    const { device } = ready({ 1: 'quiet' });
    expect(waitOf(await device.post('Ping', request(seconds, '1'))).kind).toBe('wait');
  });

  it('are the administrator’s to set', async () => {
    const { device } = ready({ 1: 'quiet' }, { limits: { minHeartbeatSeconds: 300, maxHeartbeatSeconds: 900 } });
    expect(await statusOf(device, request(299, '1'))).toContain('<HeartbeatInterval>300</HeartbeatInterval>');
    expect(await statusOf(device, request(901, '1'))).toContain('<HeartbeatInterval>900</HeartbeatInterval>');
  });

  it('too many folders are answered Status 6 with how many there may be', async () => {
    const { device } = ready({ 1: 'quiet' }, { limits: { maxPingFolders: 2 } });
    expect(await statusOf(device, request(60, '1', '2', '3'))).toBe(
      '<Ping><Status>6</Status><MaxFolders>2</MaxFolders></Ping>',
    );
  });
});

describe('a malformed Ping', () => {
  it.each([
    ['a heartbeat in words', request('soon', '1')],
    [
      'a folder without an id',
      `<Ping><HeartbeatInterval>60</HeartbeatInterval><Folders><Folder><Class>Email</Class>
      </Folder></Folders></Ping>`,
    ],
    ['an id of 65 characters', request(60, 'x'.repeat(65))],
    ['the same folder twice', request(60, '1', '1')],
  ])('MS-ASCMD_R4244, MS-ASCMD_R4228: %s is answered Status 4', async (_what, body) => {
    const { fake, device } = ready({ 1: 'quiet' });
    expect(await statusOf(device, body)).toBe('<Ping><Status>4</Status></Ping>');
    expect(fake.saved).toEqual([]);
  });

  it('is not one that leaves out the class of a folder', async () => {
    const { device } = ready({ 1: 'quiet' });
    const body = '<Ping><HeartbeatInterval>60</HeartbeatInterval><Folders><Folder><Id>1</Id></Folder></Folders></Ping>';
    expect(waitOf(await device.post('Ping', body)).kind).toBe('wait');
  });
});

describe('Ping on the recipient information cache', () => {
  it('never changes, and waits with the others', async () => {
    const { fake, device } = ready({ 1: 'quiet' });
    const wait = waitOf(await device.post('Ping', request(60, 'RI', '1')));
    expect(fake.waiting.open_.get(wait.ticket)?.collectionIds).toEqual(['1']);
  });
});
