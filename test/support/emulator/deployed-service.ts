/**
 * A service as the emulator was told to run it: the files of its image in a folder of their own, the image's command, the variables and
 * secrets of the task definition and nothing else of this machine; behind a sprayer that speaks TLS to them. What differs from
 * Fargate is what one machine forces: ports, the data directory, and loopback as the network.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Sprayer } from '../../../lib/pool/local/index.ts';
import { freePorts } from '../loopback.ts';
import { ACCOUNT, type Moto } from './moto.ts';
import { TlsHop } from './tls-hop.ts';

export interface DeployedServiceOptions {
  readonly moto: Moto;
  readonly region: string;
  readonly container: ContainerDefinition;
  /** The folder that the image is made of. */
  readonly image: string;
  /** Where the tables are. */
  readonly tables: string;
  /** By variable, what the emulator does not keep. */
  readonly secrets: Readonly<Record<string, string>>;
  /** An empty one. */
  readonly folder: string;
  readonly servers: number;
}

export interface DeployedTask {
  readonly arn: string;
  /** As other servers know it. */
  readonly address: string;
  /** For administrators. */
  readonly administration: string;
  readonly process: ChildProcess;
  readonly lines: string[];
}

const UP_MS = 90_000;
const POLL_MS = 100;
const KEPT_LINES = 200;

export class DeployedService {
  readonly tasks: readonly DeployedTask[];
  readonly #sprayer: Sprayer;
  readonly #hops: readonly TlsHop[];
  readonly #metadata: Server;

  private constructor(tasks: readonly DeployedTask[], sprayer: Sprayer, hops: readonly TlsHop[], metadata: Server) {
    this.tasks = tasks;
    this.#sprayer = sprayer;
    this.#hops = hops;
    this.#metadata = metadata;
  }

  /** Resolves when the sprayer sends requests to every server. */
  static async start(options: DeployedServiceOptions): Promise<DeployedService> {
    const { folder, image, region, servers } = options;
    const names = Array.from({ length: servers }, (_, index) => `task${index}`);
    const arnOf = (name: string) => `arn:aws:ecs:${region}:${ACCOUNT}:task/${name}`;
    const metadata = await startMetadata(arnOf);
    const metadataUrl = `http://127.0.0.1:${(metadata.address() as { port: number }).port}`;
    const variables = await variablesOf(options);
    const command = commandOf(image);
    const tasks: DeployedTask[] = [];
    const hops: TlsHop[] = [];
    for (const name of names) {
      const root = join(folder, name);
      const [port = 0, peerPort = 0, administrationPort = 0] = await freePorts(3);
      cpSync(image, root, { recursive: true });
      mkdirSync(join(root, 'data'));
      const address = `127.0.0.1:${peerPort}`;
      const { process, lines } = run(command, root, {
        ...variables,
        ECS_CONTAINER_METADATA_URI_V4: `${metadataUrl}/${name}`,
        CARAVAN_DATA: join(root, 'data'),
        CARAVAN_LISTEN_HOST: '127.0.0.1',
        CARAVAN_LISTEN_PORT: String(port),
        CARAVAN_LISTEN_TRUSTED_PROXIES: '127.0.0.1',
        // Nothing leaves this machine: nobody takes traces.
        CARAVAN_TRACE_ENDPOINT: 'http://127.0.0.1:9/v1/traces',
        CARAVAN_POOL_PEER_HOST: '127.0.0.1',
        CARAVAN_POOL_PEER_PORT: String(peerPort),
        // Each task has an address of its own in the cloud, and the port of its definition.
        CARAVAN_ADMINISTRATION_PORT: String(administrationPort),
      });
      const administration = `http://127.0.0.1:${administrationPort}`;
      tasks.push({ arn: arnOf(name), address, administration, process, lines });
      hops.push(await TlsHop.start(port));
    }
    const targets = hops.map((hop, index) => ({ name: names[index] ?? '', host: '127.0.0.1', port: hop.port }));
    const service = new DeployedService(tasks, await Sprayer.start({ port: 0, targets }), hops, metadata);
    try {
      await service.#untilHealthy();
      return service;
    } catch (thrown) {
      await service.stop();
      throw thrown;
    }
  }

  /** Of the sprayer. */
  get url(): string {
    return `http://127.0.0.1:${this.#sprayer.port}`;
  }

  at(address: string): DeployedTask {
    const task = this.tasks.find((it) => it.address === address);
    if (!task) throw new Error(`no task at ${address}`);
    return task;
  }

  async stop(): Promise<void> {
    await this.#sprayer.stop();
    for (const { process } of this.tasks) await end(process, 'SIGKILL');
    for (const hop of this.#hops) await hop.stop();
    await new Promise((resolve) => this.#metadata.close(resolve));
  }

  async #untilHealthy(): Promise<void> {
    const deadline = performance.now() + UP_MS;
    while (!this.#sprayer.targets().every((it) => it.state === 'healthy')) {
      const isOver = this.tasks.some((it) => it.process.exitCode !== null);
      if (isOver || performance.now() > deadline)
        throw new Error(`the servers did not come up:\n${this.tasks.flatMap((it) => it.lines).join('\n')}`);
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }
}

/** Resolves to its exit code. */
export async function end(process: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (process.exitCode !== null || process.signalCode !== null) return process.exitCode;
  const ended = new Promise<number | null>((done) => process.once('exit', done));
  process.kill(signal);
  return ended;
}

/** Of the container, and what Fargate and the image add to them. */
async function variablesOf({ moto, region, container, tables, secrets }: DeployedServiceOptions) {
  const client = new SecretsManagerClient(moto.client(region));
  const variables: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    NODE_ENV: 'production',
    AWS_REGION: region,
    ...moto.variables,
    AWS_ENDPOINT_URL_DYNAMODB: tables,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  for (const { name = '', value = '' } of container.environment ?? []) variables[name] = value;
  for (const { name = '', valueFrom: SecretId } of container.secrets ?? [])
    variables[name] = secrets[name] ?? (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? '';
  return variables;
}

/** What the Dockerfile has run. */
function commandOf(image: string): readonly string[] {
  const [, entry = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(readFileSync(join(image, 'Dockerfile'), 'utf8')) ?? [];
  return JSON.parse(entry) as string[];
}

function run([program = '', ...words]: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
  const process = spawn(program, words, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      lines.push(...text.split('\n').filter((line) => line !== ''));
      lines.splice(0, lines.length - KEPT_LINES);
    });
  }
  return { process, lines };
}

/** Tells each task which it is, as ECS does. */
async function startMetadata(arnOf: (name: string) => string): Promise<Server> {
  const server = createServer(({ url = '' }, response) => {
    const [, name = ''] = url.split('/');
    response.end(JSON.stringify({ TaskARN: arnOf(name), AvailabilityZone: 'a' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
