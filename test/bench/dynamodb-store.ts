/**
 * What a call of the store on DynamoDB costs the caller, against dynoxide on the same machine; beside a bare HTTP request
 * to the same process over a kept connection. The latency of a real DynamoDB is the network's; the CPU time is the same.
 * Alone: `node test/bench/dynamodb-store.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, equals, openDynamoStore, startEmbeddedDynamo, type Store } from '../../lib/store/index.ts';
import { describeFigure, type Figure } from './figure.ts';

const WARM_UP = 500;
const CALLS = 2_000;
const USERS = 64;
const STATE_BYTES = 1_200;

export async function benchDynamoStore(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'caravan-bench-'));
  const dynamo = await startEmbeddedDynamo({ file: join(directory, 'pool') });
  const agent = new Agent({ keepAlive: true });
  const store = await openDynamoStore({ table: 'caravan-bench', endpoint: dynamo.endpoint, requestTimeoutMs: 10_000 });
  try {
    await store.createTable();
    return await measure(store, () => getBare(dynamo.endpoint, agent), dynamo.engine);
  } finally {
    await store.close();
    agent.destroy();
    await dynamo.stop();
    rmSync(directory, { recursive: true });
  }
}

async function measure(store: Store, bare: () => Promise<void>, engine: string): Promise<readonly Figure[]> {
  const state = new Uint8Array(STATE_BYTES).fill(9);
  const keyOf = (user: number) => ({ partition: `USER#${user}`, sort: 'DEVICE#x#COLLECTION#1' });
  const versions = Array.from({ length: USERS }, () => 0);
  for (const user of versions.keys())
    await store.put({ key: keyOf(user), attributes: { version: 0, epoch: 1, writeId: 'w', state } });
  const bump = async (user: number): Promise<void> => {
    const version = versions[user] ?? 0;
    const set = { version: version + 1, epoch: 1, writeId: `w${version}`, state };
    const result = await store.update(keyOf(user), { set }, [equals('version', version), atMost('epoch', 1)]);
    if (result.outcome !== 'applied') throw new Error(`The update was ${result.outcome}`);
    versions[user] = version + 1;
  };

  const plain = await costOf(bare);
  const read = await costOf((round) => store.get(keyOf(round % USERS)));
  const update = await costOf((round) => bump(round % USERS));
  const latency = { name: 'a bare HTTP request', value: plain.medianMs };
  const cpu = { name: 'a bare HTTP request', value: plain.cpuMs };
  const note = `${engine}, 1.2 KB of state`;
  return [
    { name: 'dynamodb store: get', value: read.medianMs, unit: 'ms', baseline: latency, note: `median, ${note}` },
    {
      name: 'dynamodb store: conditional update',
      value: update.medianMs,
      unit: 'ms',
      baseline: latency,
      note: `median, ${note}`,
    },
    {
      name: 'dynamodb store: CPU of the caller for a get',
      value: read.cpuMs,
      unit: 'ms',
      target: { value: 1, is: 'at most' },
      baseline: cpu,
      note,
    },
    {
      name: 'dynamodb store: CPU of the caller for a conditional update',
      value: update.cpuMs,
      unit: 'ms',
      target: { value: 1, is: 'at most' },
      baseline: cpu,
      note,
    },
  ];
}

async function costOf(call: (round: number) => Promise<unknown>): Promise<{ medianMs: number; cpuMs: number }> {
  for (let round = 0; round < WARM_UP; round += 1) await call(round);
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let round = 0; round < CALLS; round += 1) {
    const start = performance.now();
    await call(round);
    times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  return { medianMs: times.toSorted((a, b) => a - b)[CALLS >> 1] ?? 0, cpuMs: (user + system) / 1000 / CALLS };
}

function getBare(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.once('end', resolve);
    }).once('error', reject);
  });
}

if (import.meta.main)
  for (const figure of await benchDynamoStore()) process.stdout.write(`${describeFigure(figure)}\n`);
