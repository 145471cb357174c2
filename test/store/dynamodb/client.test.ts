/** Where requests to DynamoDB go, as whom, and at which time: against a service that writes down what it is sent. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DynamoStore, type DynamoStoreOptions, openDynamoStore } from '../../../lib/store/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const KEY = { partition: 'USER#ada', sort: 'OWNER' };
const HOUR_MS = 3_600_000;
const SKEWED = JSON.stringify({ __type: 'com.amazon.coral.service#InvalidSignatureException', message: 'Too late.' });

interface Service {
  readonly endpoint: string;
  readonly asked: IncomingHttpHeaders[];
  /** Answers of 400 that come before the good ones. */
  readonly refusals: { readonly body: string; readonly date: Date }[];
  close(): void;
}

async function startService(): Promise<Service> {
  const asked: Service['asked'] = [];
  const refusals: Service['refusals'] = [];
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      asked.push(request.headers);
      const refusal = refusals.shift();
      if (refusal) response.setHeader('Date', refusal.date.toUTCString());
      response.writeHead(refusal ? 400 : 200).end(refusal?.body ?? '{}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { endpoint, asked, refusals, close: () => server.closeAllConnections() ?? server.close() };
}

describe('A request to DynamoDB', () => {
  let service: Service;
  const stores: DynamoStore[] = [];
  beforeEach(async () => {
    service = await startService();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    service.close();
    vi.unstubAllEnvs();
  });
  async function ask(options: Partial<DynamoStoreOptions>, times = 1): Promise<void> {
    const store = await openDynamoStore({ table: 'caravan', requestTimeoutMs: 20_000, ...options });
    stores.push(store);
    for (let time = 0; time < times; time++) await store.get(KEY);
  }
  const signers = () => service.asked.map((it) => /Credential=([^/]+)/.exec(it.authorization ?? '')?.[1]);

  it('goes where the environment says, as whom it says', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', service.endpoint);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENVIRONMENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'token');
    await ask({});
    expect(service.asked).toMatchObject([
      { 'x-amz-target': 'DynamoDB_20120810.GetItem', 'x-amz-security-token': 'token' },
    ]);
    expect(service.asked[0]?.authorization).toMatch(/AKIDENVIRONMENT\/\d{8}\/eu-central-1\/dynamodb\/aws4_request/);
  });

  it('is signed with credentials that last, and those are kept', async () => {
    let number = 0;
    const credentials = async () => ({
      accessKeyId: `AKID${++number}`,
      secretAccessKey: `secret${number}`,
      // The first are about to expire.
      expiration: new Date(Date.now() + (number === 1 ? 1_000 : HOUR_MS)),
    });
    await ask({ endpoint: service.endpoint, region: 'us-east-1', credentials }, 3);
    expect(signers()).toEqual(['AKID2', 'AKID2', 'AKID2']);
    expect(number).toBe(2);
  });

  it('that was given up while credentials were fetched is not sent', async () => {
    const fetched = Promise.withResolvers<{ accessKeyId: string; secretAccessKey: string }>();
    const credentials = () => fetched.promise;
    const options = { table: 'caravan', endpoint: service.endpoint, credentials, requestTimeoutMs: 100 };
    const store = await openDynamoStore(options);
    stores.push(store);
    const { outcome } = await store.put({ key: KEY, attributes: { epoch: 1 } });
    expect(outcome).toBe('unknown');
    fetched.resolve({ accessKeyId: 'AKID', secretAccessKey: 'secret' });
    await new Promise((done) => setTimeout(done, 300));
    expect(service.asked).toEqual([]);
  });

  it("is signed at the service's time, once it has refused ours", async () => {
    const clock = new ManualClock();
    service.refusals.push({ body: SKEWED, date: new Date(clock.now() + HOUR_MS) });
    const asking = ask({
      endpoint: service.endpoint,
      clock,
      random: { number: () => 0, bytes: (n) => new Uint8Array(n) },
    });
    await vi.waitFor(() => expect(service.asked).toHaveLength(1), 20_000);
    for (let step = 0; step < 2_000 && service.asked.length < 2; step++) {
      await clock.advance(1);
      await new Promise((done) => setTimeout(done, 5));
    }
    await asking;
    const [first, second] = service.asked.map((it) => String(it['x-amz-date']));
    const hourOf = (stamp: string | undefined) => Number(stamp?.slice(9, 11));
    expect((hourOf(second) - hourOf(first) + 24) % 24).toBe(1);
  });
});
