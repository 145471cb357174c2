// A device that hangs up before it is answered: what only reads goes no further, and what changes something is done or not begun.
import { describe, expect, it } from 'vitest';
import { type EstimateAnswer } from '../../../lib/sync/index.ts';
import { fakeUser } from './support/fake-user.ts';
import { TestDevice } from './support/test-device.ts';
import { TestOutbox } from './support/test-outbox.ts';

const HUNG_UP = new Error('the device hung up');
const MAIL = `<SendMail><ClientId>c1</ClientId><Mime>To: bob@example.org&#13;&#10;&#13;&#10;Hi</Mime></SendMail>`;
const estimateOf = (...ids: string[]) => {
  const collection = (id: string) =>
    `<Collection><airsync:SyncKey>k1</airsync:SyncKey><CollectionId>${id}</CollectionId></Collection>`;
  return `<GetItemEstimate><Collections>${ids.map(collection).join('')}</Collections></GetItemEstimate>`;
};

/** Hangs up as the first of what it asked for is under way. */
function ready() {
  const device = new AbortController();
  const asked: string[] = [];
  const outbox = new TestOutbox();
  const { user } = fakeUser({
    record: { protocolVersion: '16.1' },
    device: {
      estimate: async (id): Promise<EstimateAnswer> => {
        asked.push(id);
        device.abort(HUNG_UP);
        return { kind: 'estimate', count: 7 };
      },
    },
  });
  const sendMail = outbox.send;
  outbox.send = (...message) => {
    device.abort(HUNG_UP);
    return sendMail(...message);
  };
  return { device, asked, outbox, phone: new TestDevice(user, { outbox }) };
}

describe('a device that hangs up', () => {
  it('before its command begins: nothing of it is done', async () => {
    const { device, phone, outbox, asked } = ready();
    device.abort(HUNG_UP);
    const { signal } = device;
    await expect(phone.post('SendMail', MAIL, { signal })).rejects.toBe(HUNG_UP);
    await expect(phone.post('GetItemEstimate', estimateOf('1'), { signal })).rejects.toBe(HUNG_UP);
    expect([outbox.sent, asked]).toEqual([[], []]);
  });

  it('while the first of two collections is counted: the second is not', async () => {
    const { device, phone, asked } = ready();
    const { signal } = device;
    await expect(phone.post('GetItemEstimate', estimateOf('1', '2'), { signal })).rejects.toBe(HUNG_UP);
    expect(asked).toEqual(['1']);
  });

  it('while its message is sent: the message is sent, once and whole', async () => {
    const { device, phone, outbox } = ready();
    const { signal } = device;
    expect((await phone.post('SendMail', MAIL, { signal })).xml).toBe('');
    expect(signal.aborted).toBe(true);
    expect(outbox.sent).toHaveLength(1);
  });
});
