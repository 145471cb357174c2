import { describe, expect, it } from 'vitest';
import { answerStatusOf, element, isStatusOf, PingStatus } from '../../../lib/activesync/index.ts';
import { ServerMetrics } from '../../../lib/server/metrics/server-metrics.ts';

const collection = (status: number) => element('AirSync:Collection', element('AirSync:Status', status));
const sync = (...statuses: readonly number[]) =>
  element('AirSync:Sync', element('AirSync:Collections', statuses.map(collection)));

describe('The status that an answer is counted by', () => {
  it('is its own, and not one of a part', () => {
    const changes = element('FolderHierarchy:Changes', element('FolderHierarchy:Status', 6));
    const answer = element('FolderHierarchy:FolderSync', element('FolderHierarchy:Status', 1), changes);
    expect(answerStatusOf(answer)).toBe(1);
    expect(answerStatusOf(element('Provision:Provision', element('Provision:Status', 144)))).toBe(144);
  });

  it('is of a Sync without one that of the first collection that is not well', () => {
    expect(answerStatusOf(sync(1, 12, 3))).toBe(12);
    expect(answerStatusOf(sync(1, 1))).toBe(1);
    expect(answerStatusOf(element('AirSync:Sync', element('AirSync:Status', 13)))).toBe(13);
  });

  it('is none where the answer bears none', () => {
    expect(answerStatusOf(element('Move:MoveItems', element('Move:Response', element('Move:Status', 3))))).toBe(
      undefined,
    );
  });

  it('is of the protocol’s own tables, or another', () => {
    expect(isStatusOf('Ping', PingStatus.folderSyncRequired)).toBe(true);
    expect(isStatusOf('Ping', 142)).toBe(true);
    expect(isStatusOf('Ping', 12)).toBe(false);
    expect(isStatusOf('GetAttachment', 1)).toBe(false);
  });

  it('keeps the labels few, whatever another server tells', () => {
    const metrics = new ServerMetrics();
    for (let protocolStatus = 0; protocolStatus < 100; protocolStatus++)
      metrics.command('Ping', { status: 200, protocolStatus }, 1);
    metrics.command('Ping', { status: 503 }, 1);
    const commands = metrics.registry.read().find(({ name }) => name === 'caravan_commands');
    const labels = commands?.series.map((it) => it.labels['protocol_status']);
    expect(labels?.toSorted()).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', 'none', 'other']);
  });
});
