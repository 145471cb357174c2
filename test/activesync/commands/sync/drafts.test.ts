import { describe, expect, it } from 'vitest';
import type { Outbox, OutgoingMessage, SendResult } from '../../../../lib/outbox/index.ts';
import type { EstimateAnswer } from '../../../../lib/sync/index.ts';
import { DRAFTS, FAKE_FOLDERS, INBOX } from '../support/fake-user.ts';
import {
  answered,
  collection,
  collectionAnswer,
  scriptedSync,
  syncAnswer,
  syncRequest,
  unchanged,
} from '../support/sync-script.ts';

const ORIGINAL = 'From: ada@example.org\r\nTo: bob@example.org\r\nSubject: Draft\r\nMessage-ID: <d@x>\r\n\r\nBody\r\n';
const DRAFT_DATA =
  '<ApplicationData><email:To>bob@example.org</email:To><email:Subject>Hi</email:Subject></ApplicationData>';
const addAndSend = `<Commands><Add><ClientId>c1</ClientId>${DRAFT_DATA}<email2:Send/></Add></Commands>`;
const changeAndSend = (data = '') =>
  `<Commands><Change><ServerId>2:5</ServerId>${data === '' ? '' : `<ApplicationData>${data}</ApplicationData>`}
    <email2:Send/></Change></Commands>`;

function sending(result: SendResult = { kind: 'sent' }, key: EstimateAnswer = { kind: 'estimate', count: 0 }) {
  const sent: OutgoingMessage[] = [];
  const removed: unknown[] = [];
  const outbox: Outbox = {
    send: (_lease, _mailbox, _sentFolderId, message) => {
      sent.push(message);
      return Promise.resolve(result);
    },
    wasSent: () => Promise.resolve(false),
  };
  const scripted = scriptedSync((it) => unchanged(it.syncKey), {
    outbox,
    folders: [...FAKE_FOLDERS, { ...INBOX, id: '5', kind: 'sent', name: 'Sent', backendId: 'Sent' }],
    scriptedDevice: { estimate: () => Promise.resolve(key) },
    scriptedUser: {
      message: (serverId) => Promise.resolve(serverId === '2:5' ? { serverId, folder: DRAFTS, uid: 5 } : undefined),
      fetch: (items) =>
        Promise.resolve(
          new Map(
            items.map((it) => [
              it.serverId,
              { parts: new Map([['', { bytes: Buffer.from(ORIGINAL), complete: true }]]) } as never,
            ]),
          ),
        ),
      mailbox: {
        remove: (...what: unknown[]) => {
          removed.push(what);
          return Promise.resolve();
        },
      } as never,
    },
  });
  return { ...scripted, sent, removed };
}

const textOf = (message: OutgoingMessage | undefined) => Buffer.from(message?.message ?? []).toString('utf8');

describe('a new draft that is to be sent', () => {
  it('goes to the outbox and is no item of the folder', async () => {
    const { device, sent, asked } = sending();
    expect((await device.post('Sync', syncRequest(collection('2', 'k1', addAndSend)))).xml).toBe(
      syncAnswer(
        collectionAnswer('2', 'k1', 1, '<Responses><Add><ClientId>c1</ClientId><Status>1</Status></Add></Responses>'),
      ),
    );
    expect(textOf(sent[0])).toMatch(/^To: .*bob@example\.org/m);
    expect(textOf(sent[0])).toMatch(/^Subject: Hi/m);
    expect(sent[0]).toMatchObject({ deviceId: 'phone1', saveInSent: true });
    expect(asked[0]?.commands).toEqual([]);
  });

  it('is known again by the outbox when the device repeats it', async () => {
    const { device, sent } = sending();
    await device.post('Sync', syncRequest(collection('2', 'k1', addAndSend)));
    await device.post('Sync', syncRequest(collection('2', 'k1', addAndSend)));
    expect(sent[0]?.clientId).toBe(sent[1]?.clientId);
  });

  it('is sent only under a key that the folder has', async () => {
    const { device, sent } = sending({ kind: 'sent' }, { kind: 'refused', reason: 'invalid-key' });
    await device.post('Sync', syncRequest(collection('2', 'k9', addAndSend)));
    expect(sent).toEqual([]);
  });

  it.each([
    ['no-recipients', 183],
    ['malformed', 6],
    ['quota', 115],
    ['rejected', 120],
    ['unavailable', 5],
  ] as const)('that cannot be sent (%s) is answered Status %i', async (reason, status) => {
    const { device } = sending({ kind: 'refused', reason, why: 'because' });
    expect((await device.post('Sync', syncRequest(collection('2', 'k1', addAndSend)))).xml).toContain(
      `<Add><ClientId>c1</ClientId><Status>${status}</Status></Add>`,
    );
  });

  it('is malformed anywhere but among the drafts', async () => {
    const { device, sent, asked } = sending();
    await device.post('Sync', syncRequest(collection('1', 'k1', addAndSend)));
    expect(sent).toEqual([]);
    expect(asked[0]?.commands).toMatchObject([{ kind: 'malformed', of: 'add' }]);
  });
});

describe('a draft that was kept and is to be sent', () => {
  it('is sent as it is, and then taken out of the drafts', async () => {
    const { device, sent, removed } = sending();
    expect((await device.post('Sync', syncRequest(collection('2', 'k1', changeAndSend())))).xml).toContain(
      '<Responses><Change><ServerId>2:5</ServerId><Status>1</Status></Change></Responses>',
    );
    expect(textOf(sent[0])).toBe(ORIGINAL);
    expect(removed).toEqual([['Drafts', [5]]]);
  });

  it('is sent with its last changes', async () => {
    const { device, sent } = sending();
    await device.post(
      'Sync',
      syncRequest(collection('2', 'k1', changeAndSend('<email:Subject>Better</email:Subject>'))),
    );
    expect(textOf(sent[0])).toMatch(/^Subject: Better/m);
    expect(textOf(sent[0])).toMatch(/^To: .*bob@example\.org/m);
  });

  it('stays where it is when it cannot be sent', async () => {
    const { device, removed } = sending({ kind: 'refused', reason: 'no-recipients', why: 'nobody' });
    expect((await device.post('Sync', syncRequest(collection('2', 'k1', changeAndSend())))).xml).toContain(
      '<Change><ServerId>2:5</ServerId><Status>183</Status></Change>',
    );
    expect(removed).toEqual([]);
  });

  it('that is gone is Status 8', async () => {
    const { device, sent } = sending();
    const gone = changeAndSend().replace('2:5', '2:6');
    expect((await device.post('Sync', syncRequest(collection('2', 'k1', gone)))).xml).toContain(
      '<Change><ServerId>2:6</ServerId><Status>8</Status></Change>',
    );
    expect(sent).toEqual([]);
  });
});

describe('before 16.0', () => {
  it('there are no drafts to send', async () => {
    const { device, asked } = scriptedSync(() => answered(), { version: '14.1' });
    await device.post('Sync', syncRequest(collection('2', 'k1', addAndSend)));
    expect(asked[0]?.commands).toMatchObject([{ kind: 'malformed', of: 'add', clientId: 'c1' }]);
  });
});
