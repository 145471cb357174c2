/**
 * Requests to DynamoDB: signed JSON over kept connections, each sent once. Where the service is and with which credentials
 * it is asked are the SDK's affair (its default chain, refreshed in time); its way of a request, through a dozen layers,
 * took a server several times the processor time that the request is worth (docs/performance.md).
 */
import { Agent as PlainAgent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { AwsSigner, type Clock } from '../../platform/index.ts';
import { exchange } from './exchange.ts';

/** One connection carries one request at a time; more wait for one to be free, and their time runs. */
const CONNECTIONS = 64;
/** Both the region and the credentials are the stand-in's affair alone: any will do, and none of the machine's are sent. */
const STAND_IN = { region: 'us-east-1', credentials: { accessKeyId: 'caravan', secretAccessKey: 'caravan' } };
/** What the service takes a signature for. */
const SKEW_LIMIT_MS = 5 * 60_000;
const API = 'DynamoDB_20120810';
const CONTENT_TYPE = 'application/x-amz-json-1.0';

export interface DynamoPlace {
  readonly table: string;
  /** The address of a stand-in or of a VPC endpoint, `http://127.0.0.1:8000`. Default: the service's own in the region. */
  readonly endpoint?: string;
  /** Default: the environment's or the profile's. */
  readonly region?: string;
  /** Default: `AWS_…` of the environment, the profile, the role of the task or machine. */
  readonly credentials?: DynamoDBClientConfig['credentials'];
}

export type Operation =
  | 'GetItem'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'Query'
  | 'Scan'
  | 'CreateTable'
  | 'DescribeTable'
  | 'UpdateTimeToLive';

/** Where requests go. */
interface Service {
  readonly url: URL;
  readonly agent: PlainAgent;
  readonly region: string;
}

export class DynamoClient {
  readonly #settings: DynamoDBClient['config'];
  readonly #clock: Clock;
  readonly #signer = new AwsSigner('dynamodb');
  readonly #sdk: DynamoDBClient;
  #service: Promise<Service> | undefined;
  /** By which the service's clock is ahead of ours. */
  #skewMs = 0;

  constructor({ endpoint, region, credentials }: DynamoPlace, clock: Clock) {
    const isStandIn = endpoint?.startsWith('http:') === true;
    this.#clock = clock;
    this.#sdk = new DynamoDBClient({
      ...(isStandIn && STAND_IN),
      ...(endpoint !== undefined && { endpoint }),
      ...(region !== undefined && { region }),
      ...(credentials !== undefined && { credentials }),
    });
    this.#settings = this.#sdk.config;
  }

  /**
   * Throws a ServiceError for what the service answers, the network's own error where no answer came, and what the SDK throws
   * where there are no credentials.
   */
  async send<Output>(
    operation: Operation,
    input: object,
    options: { readonly abortSignal: AbortSignal },
  ): Promise<Output> {
    const { url, agent, region } = await this.#found();
    const credentials = await this.#settings.credentials();
    const body = Buffer.from(JSON.stringify(input), 'utf8');
    const headers = this.#signer.sign({
      credentials,
      region,
      path: url.pathname,
      time: new Date(this.#clock.now() + this.#skewMs),
      headers: { 'content-type': CONTENT_TYPE, host: url.host, 'x-amz-target': `${API}.${operation}` },
      body,
    });
    const correctClock = (date: string | undefined) => this.#correctClock(date);
    return (await exchange({ url, agent, headers, body, correctClock, ...options })) as Output;
  }

  async close(): Promise<void> {
    this.#sdk.destroy();
    const service = await this.#service?.catch(() => undefined);
    service?.agent.destroy();
  }

  /** A failure to find it is not kept: the next request looks again. */
  #found(): Promise<Service> {
    this.#service ??= this.#find().catch((thrown: unknown) => {
      this.#service = undefined;
      throw thrown;
    });
    return this.#service;
  }

  async #find(): Promise<Service> {
    const region = await this.#settings.region();
    const url = await this.#url(region);
    const settings = { keepAlive: true, maxSockets: CONNECTIONS };
    return { url, agent: url.protocol === 'https:' ? new TlsAgent(settings) : new PlainAgent(settings), region };
  }

  /** The endpoint that was given, or that AWS_ENDPOINT_URL… or the profile names, or the region's. */
  async #url(region: string): Promise<URL> {
    const { endpoint, endpointProvider, useDualstackEndpoint, useFipsEndpoint } = this.#settings;
    const given = await endpoint?.();
    if (given) {
      const { protocol, hostname, port, path } = given;
      return new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`);
    }
    const { serviceConfiguredEndpoint } = this.#settings as { serviceConfiguredEndpoint?: () => Promise<string> };
    const configured = await serviceConfiguredEndpoint?.();
    if (configured) return new URL(configured);
    const [UseDualStack, UseFIPS] = await Promise.all([useDualstackEndpoint(), useFipsEndpoint()]);
    return endpointProvider({ Region: region, UseDualStack, UseFIPS }).url;
  }

  /** True if the service's clock and ours differ too much for it: the next request is signed with its. */
  #correctClock(date: string | undefined): boolean {
    const there = Date.parse(date ?? '');
    if (Number.isNaN(there)) return false;
    const skewMs = there - this.#clock.now();
    if (Math.abs(skewMs - this.#skewMs) < SKEW_LIMIT_MS) return false;
    this.#skewMs = skewMs;
    return true;
  }
}
