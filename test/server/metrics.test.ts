import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeviceClient } from '../../lib/activesync/client/index.ts';
import { DEMO_USERS, seedFolders } from '../../lib/backends/index.ts';
import { Metrics, silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { type CaravanServer, startServer } from '../../lib/server/index.ts';
import { EmfWriter } from '../../lib/server/metrics/emf-writer.ts';
import { LoadSampler } from '../../lib/server/metrics/load-sampler.ts';
import { openProcessProbes, type ProcessSample } from '../../lib/server/metrics/process-probes.ts';
import { noStoreMetrics } from '../../lib/store/index.ts';
import { loadConfiguration } from '../../lib/topology/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

const [ADA] = DEMO_USERS;
/** MS-ASCMD 2.2.3.186.3. */
const INBOX_TYPE = 2;

describe("a server's metrics", () => {
  let directory: string;
  let server: CaravanServer | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'caravan-metrics-'));
  });

  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await rm(directory, { recursive: true });
  });

  async function start(flags: Record<string, string>): Promise<CaravanServer> {
    const root = join(directory, 'mail');
    await seedFolders({ root, clock: systemClock, random: systemRandom });
    const configuration = loadConfiguration({
      directory,
      flags: {
        'listen-host': '127.0.0.1',
        'listen-port': '0',
        'listen-tls': 'off',
        'mail-kind': 'folders',
        'mail-root': root,
        'mail-domain': 'example.org',
        ...flags,
      },
    });
    server = await startServer(configuration, { log: silentLog });
    return server;
  }

  const read = async (at: CaravanServer) => {
    const response = await fetch(`http://127.0.0.1:${at.administrationPort}/metrics`);
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };

  /** By name with labels, as it stands in the text. */
  const samples = (text: string) =>
    new Map(
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))] as const),
    );

  it('are told on a listener of their own, and name neither user nor device', async () => {
    const running = await start({ 'administration-port': '0' });
    const device = new DeviceClient({
      url: running.url,
      user: ADA.name,
      password: ADA.password,
      deviceId: 'METRICPHONE',
      deviceType: 'TestPhone',
    });
    await device.folderSync();
    const { serverId: collectionId } = device.folder(INBOX_TYPE);
    await device.syncAll({ collectionId });
    await device.sync({ collectionId, syncKey: 'nobody-gave-this' });
    device.close();
    const { status, type, text } = await read(running);
    expect([status, type]).toEqual([200, 'application/openmetrics-text; version=1.0.0; charset=utf-8']);
    expect(text.endsWith('# EOF\n')).toBe(true);
    expect(text).not.toMatch(/ada|METRICPHONE/i);
    const figures = samples(text);
    expect(figures.get('caravan_users')).toBe(1);
    expect(figures.get('caravan_devices')).toBe(1);
    expect(figures.get('caravan_waiting_devices')).toBe(0);
    expect(figures.get('caravan_availability_index')).toBeGreaterThan(-101);
    const commands = (command: string, protocolStatus: string) =>
      figures.get(`caravan_commands_total{command="${command}",status="200",protocol_status="${protocolStatus}"}`);
    expect(commands('FolderSync', '1')).toBe(1);
    expect(commands('Sync', '1')).toBeGreaterThan(0);
    // The key that nobody gave: the device begins the collection anew.
    expect(commands('Sync', '3')).toBe(1);
    expect(figures.get('caravan_command_seconds_count{command="FolderSync"}')).toBe(1);
    expect(figures.get('caravan_command_seconds_sum{command="FolderSync"}')).toBeGreaterThan(0);
    expect(figures.get('caravan_store_operations_total{operation="put",result="done"}')).toBeGreaterThan(1);
    expect(figures.get('caravan_pool_events_total{event="takeover"}')).toBe(0);
    expect(figures.get('caravan_poison_items_total{cause="not-rendered"}')).toBe(0);
    expect(figures.get('caravan_resyncs_total{scope="collection"}')).toBe(1);
    expect(figures.get('caravan_resyncs_total{scope="folders"}')).toBe(0);
    expect(figures.get('caravan_memory_bytes')).toBeGreaterThan(1e6);
    for (const name of ['caravan_monitor_lag_seconds_count', 'caravan_event_loop_delay_seconds']) {
      expect(figures.has(name), name).toBe(true);
    }
  });

  it('are not told to devices, and the listener for those in charge serves no devices', async () => {
    const running = await start({ 'administration-port': '0' });
    expect((await fetch(`${running.url}/metrics`)).status).toBe(404);
    const at = `http://127.0.0.1:${running.administrationPort}`;
    expect((await fetch(`${at}/Microsoft-Server-ActiveSync`, { method: 'OPTIONS' })).status).toBe(404);
    expect((await fetch(`${at}/metrics`, { method: 'POST' })).status).toBe(405);
  });

  it('without a token there is nothing but them', async () => {
    const running = await start({ 'administration-port': '0' });
    expect((await fetch(`http://127.0.0.1:${running.administrationPort}/pool`)).status).toBe(404);
  });

  it('nothing listens where nothing is configured', async () => {
    expect((await start({})).administrationPort).toBeUndefined();
  });

  it('go to standard output for CloudWatch, the last ones when the server stops', async () => {
    const lines: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      lines.push(String(text));
      return true;
    });
    try {
      await start({ 'metrics-emf': 'true', 'metrics-namespace': 'Phones' });
      await server?.stop();
      server = undefined;
    } finally {
      write.mockRestore();
    }
    const documents = lines
      .filter((line) => line.includes('"_aws"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(documents.find((it) => 'Users' in it)).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Namespace: 'Phones' }] },
      Pool: 'standalone',
      Users: 0,
      server: expect.any(String) as string,
    });
  });
});

describe('lines for CloudWatch', () => {
  it('are written once a period', async () => {
    const clock = new ManualClock();
    const metrics = new Metrics();
    const counter = metrics.counter({ name: 'caravan_things', help: 'Things.' });
    const lines: string[] = [];
    const writer = new EmfWriter({
      metrics,
      clock,
      namespace: 'Caravan',
      periodSeconds: 60,
      pool: 'berlin',
      session: () => 's1',
      write: (line) => lines.push(line),
    });
    counter.add({}, 3);
    await clock.advance(59_000);
    expect(lines).toEqual([]);
    await clock.advance(1_000);
    counter.add();
    await clock.advance(60_000);
    writer.close();
    await clock.advance(600_000);
    expect(lines.map((line) => (JSON.parse(line) as { Things: number }).Things)).toEqual([3, 1, 0]);
  });
});

describe('the load of a server', () => {
  const IDLE: ProcessSample = { eventLoopUtilization: 0.01, eventLoopDelayMs: 0, memoryBytes: 1e8, memoryShare: 0.1 };

  it('is measured once a second, the store on the way', async () => {
    const clock = new ManualClock();
    let now = IDLE;
    let work = 0;
    const parts = { clock, probes: { sample: () => now, close: () => {} }, waitingWork: () => work, devices: () => 7 };
    const sampler = new LoadSampler(parts);
    await clock.advance(5_000);
    expect(sampler.load()).toEqual({ index: 100, constrained: undefined, devices: 7 });
    const store = sampler.tap(noStoreMetrics);
    for (let second = 0; second < 30; second += 1) {
      store.observe('put', 'done', 100);
      store.observe('get', 'done', 420);
      await clock.advance(1_000);
    }
    expect(sampler.load().index).toBe(50);
    work = 1.2;
    await clock.advance(30_000);
    expect(sampler.load()).toMatchObject({ constrained: expect.stringContaining('requests') as string });
    now = { ...IDLE, eventLoopUtilization: 1 };
    await clock.advance(1_000);
    expect(sampler.sample.eventLoopUtilization).toBe(1);
    sampler.close();
  });

  it('is what the process does: a blocked event loop is seen', async () => {
    const probes = openProcessProbes();
    await new Promise((resolve) => setTimeout(resolve, 100));
    probes.sample();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const until = performance.now() + 300;
    while (performance.now() < until) Math.sqrt(2);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const sample = probes.sample();
    probes.close();
    expect(sample.eventLoopUtilization).toBeGreaterThan(0.5);
    expect(sample.eventLoopDelayMs).toBeGreaterThan(100);
    expect(sample.memoryShare).toBeGreaterThan(0);
    expect(sample.memoryShare).toBeLessThan(1);
  });
});
