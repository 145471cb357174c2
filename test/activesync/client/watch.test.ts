import { describe, expect, it } from 'vitest';
import type { WatchEvent } from '../../../lib/activesync/client/index.ts';
import { Heartbeat } from '../../../lib/activesync/client/heartbeat.ts';
import { element, integer } from '../../../lib/activesync/protocol/index.ts';
import { fixture } from './fixture.ts';
import type { Scripted } from './scripted-server.ts';

const FOLDERS = [{ id: '5', itemClass: 'Email' }];
const status = (value: number) => element('Ping:Ping', element('Ping:Status', value));
const changed = (...ids: readonly string[]) =>
  element(
    'Ping:Ping',
    element('Ping:Status', 2),
    element(
      'Ping:Folders',
      ids.map((id) => element('Ping:Folder', id)),
    ),
  );
const bounded = (seconds: number) =>
  element('Ping:Ping', element('Ping:Status', 5), element('Ping:HeartbeatInterval', seconds));

async function watched(script: readonly Scripted[], count: number, heartbeat = { startSeconds: 300 }) {
  const { client, server } = await fixture(script);
  const events: WatchEvent[] = [];
  for await (const event of client.watch({ folders: FOLDERS, heartbeat })) {
    events.push(event);
    if (events.length === count) break;
  }
  const heartbeats = server.asked
    .filter(({ line }) => line.command === 'Ping')
    .map(({ document }) => integer(document, 'Ping:HeartbeatInterval'));
  return { events, heartbeats, commands: server.commands() };
}

describe('the watch', () => {
  it('pings again after every answer, longer while nothing happens', async () => {
    const { events, heartbeats } = await watched([status(1), status(1), changed('5')], 3);
    expect(events).toEqual([
      { kind: 'quiet', heartbeatSeconds: 300 },
      { kind: 'quiet', heartbeatSeconds: 480 },
      { kind: 'changes', folderIds: ['5'] },
    ]);
    expect(heartbeats).toEqual([300, 480, 660]);
  });

  it('takes the bound that the server gives', async () => {
    const { heartbeats } = await watched([bounded(600), changed('5')], 1, { startSeconds: 1_200 });
    expect(heartbeats).toEqual([1_200, 600]);
  });

  it('does not insist on a bound that is no other', async () => {
    await expect(watched([bounded(300)], 1)).rejects.toMatchObject({ code: 'protocol-status', status: 5 });
  });

  it('shortens its heartbeat when no answer comes', async () => {
    const { events, heartbeats } = await watched(['lost', changed('5')], 2);
    expect(events[0]).toMatchObject({ kind: 'lost', heartbeatSeconds: 300 });
    expect(heartbeats).toEqual([300, 150]);
  });

  it('brings the hierarchy up to date when the server says so', async () => {
    const hierarchy = element(
      'FolderHierarchy:FolderSync',
      element('FolderHierarchy:Status', 1),
      element('FolderHierarchy:SyncKey', '1'),
    );
    const { events, commands } = await watched([status(7), hierarchy, changed('5')], 2);
    expect(events.map(({ kind }) => kind)).toEqual(['folders', 'changes']);
    expect(commands).toEqual(['Ping', 'FolderSync', 'Ping']);
  });

  it('ends with its signal', async () => {
    const { client } = await fixture([status(1), status(1)]);
    const controller = new AbortController();
    const kinds: string[] = [];
    for await (const { kind } of client.watch({ folders: FOLDERS, signal: controller.signal })) {
      kinds.push(kind);
      controller.abort();
    }
    expect(kinds).toEqual(['quiet']);
  });

  it('ends with what waiting does not mend', async () => {
    await expect(watched([{ status: 401 }], 1)).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(watched([status(3)], 1)).rejects.toMatchObject({ code: 'protocol-status', status: 3 });
  });

  it('a Ping without folders and heartbeat has no body', async () => {
    const { client, server } = await fixture([changed('5')]);
    expect(await client.ping()).toMatchObject({ status: 2, changedFolderIds: ['5'] });
    expect(server.asked[0]?.body).toHaveLength(0);
  });
});

describe('the heartbeat', () => {
  it('never grows again to what was lost', () => {
    const heartbeat = new Heartbeat({ startSeconds: 480 });
    heartbeat.lost();
    for (let count = 0; count < 10; count++) heartbeat.held();
    expect(heartbeat.seconds).toBe(479);
  });

  it('stays within its bounds', () => {
    const heartbeat = new Heartbeat({ minSeconds: 60, maxSeconds: 100, startSeconds: 5_000 });
    expect(heartbeat.seconds).toBe(100);
    for (let count = 0; count < 10; count++) heartbeat.lost();
    expect(heartbeat.seconds).toBe(60);
  });
});
