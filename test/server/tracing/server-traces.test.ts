// One server and its collector: signed for AWS where that is asked for, a collector that is away, and no traces at all.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { gunzipSync } from 'node:zlib';
import { AwsSigner } from '../../../lib/platform/index.ts';
import { FoldersServer } from '../../support/folders-server.ts';
import { freePort } from '../../support/loopback.ts';
import { TraceCollector } from '../../support/trace-collector.ts';

const LIMIT_MS = 60_000;
const CREDENTIALS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'a secret key', sessionToken: 'a token' };
const REGION = 'eu-central-1';

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of opened.splice(0).toReversed()) await close();
}, LIMIT_MS);

async function start(flags: Readonly<Record<string, string>>): Promise<FoldersServer> {
  const server = await FoldersServer.start({ flags });
  opened.push(() => server.stop());
  return server;
}

async function startCollector(): Promise<TraceCollector> {
  const collector = await TraceCollector.start();
  opened.push(() => collector.stop());
  return collector;
}

const served = (server: FoldersServer) => server.logLines.filter((it) => it.message === 'Served');

describe("a server's traces", { timeout: LIMIT_MS }, () => {
  it('are signed for X-Ray in the region, with the credentials of the environment', async () => {
    for (const [name, value] of [
      ['AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId],
      ['AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey],
      ['AWS_SESSION_TOKEN', CREDENTIALS.sessionToken],
    ] as const) {
      vi.stubEnv(name, value);
    }
    const collector = await startCollector();
    const server = await start({
      'trace-endpoint': collector.endpoint,
      'trace-aws-region': REGION,
      'trace-ratio': '1',
    });
    await server.device().folderSync();
    await server.stopServer();

    const [brought] = collector.brought;
    const { headers = {}, path, body = Buffer.alloc(0) } = brought ?? {};
    expect(path).toBe('/v1/traces');
    const signed = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
    expect(signed).toEqual(expect.arrayContaining(['host', 'content-type', 'x-amz-date', 'x-amz-security-token']));
    const added = new Set(['x-amz-date', 'x-amz-security-token']);
    const given = signed.filter((it) => !added.has(it)).map((it) => [it, String(headers[it])] as const);
    const time = String(headers['x-amz-date']).replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z');
    const due = new AwsSigner('xray').sign({
      credentials: CREDENTIALS,
      region: REGION,
      path: '/v1/traces',
      time: new Date(time),
      headers: Object.fromEntries(given),
      body,
    });
    expect(headers.authorization).toBe(due['authorization']);
    expect(headers.authorization).toContain(`/${REGION}/xray/aws4_request`);
    const root = collector.spans.find((it) => it.name === 'FolderSync');
    expect(root).toMatchObject({ parentSpanId: undefined, attributes: { 'http.response.status_code': 200 } });
    expect(served(server)[0]?.['traceId']).toBe(root?.traceId);
    // The secret is nowhere, and who tells it is.
    expect(gunzipSync(body).toString()).not.toContain(CREDENTIALS.secretAccessKey);
    expect(server.logged.join('')).not.toContain(CREDENTIALS.secretAccessKey);
    expect(collector.text).toContain('"service.namespace"');
  });

  it.each(['is away', 'refuses'])('harm nothing where their collector %s: one line tells it', async (how) => {
    const collector = await startCollector();
    collector.status = 403;
    collector.answer = '{"message":"no Transaction Search"}';
    const away = `http://127.0.0.1:${await freePort()}/v1/traces`;
    const server = await start({
      'trace-endpoint': how === 'is away' ? away : collector.endpoint,
      'trace-ratio': '1',
    });
    const device = server.device();
    await device.folderSync();
    await device.syncAll({ collectionId: device.folder(2).serverId });
    await server.stopServer();
    const said = server.logLines.filter((it) => it.message.startsWith('The collector'));
    expect(said).toMatchObject([
      { level: 'warn', reason: how === 'refuses' ? expect.stringMatching(/^it answered 403/) : expect.any(String) },
    ]);
    expect(served(server).every((it) => it['status'] === 200)).toBe(true);
    expect(server.logLines.filter((it) => it.level === 'error')).toEqual([]);
  });

  it('are none where nothing is said of them', async () => {
    const server = await start({ 'administration-port': '0' });
    await server.device().folderSync();
    const metrics = await fetch(`http://127.0.0.1:${server.server.administrationPort}/metrics`);
    expect(await metrics.text()).not.toContain('caravan_trace_spans');
    expect(served(server).length).toBeGreaterThan(0);
    expect(served(server).filter((it) => 'traceId' in it)).toEqual([]);
  });
});
