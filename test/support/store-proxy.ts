/**
 * Lies between a store and its DynamoDB, and does to requests what networks and services do. Without a fault it passes
 * everything on. Faults are done to the next requests, one each, in order; those of DescribeTable and the like do not count.
 */
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type StoreFault =
  /** The connection is reset before the request came through. */
  | { readonly kind: 'drop-request' }
  /** The request is carried out, and the connection reset instead of an answer. */
  | { readonly kind: 'drop-response' }
  /** The request is carried out, and an error of the service is the answer. */
  | { readonly kind: 'fail-afterwards'; readonly status: number; readonly type: string }
  /** An error of the service; nothing is carried out. */
  | { readonly kind: 'fail'; readonly status: number; readonly type: string; readonly message?: string }
  /** Something that is no answer of the service at all. */
  | { readonly kind: 'garble'; readonly status: number; readonly body: string }
  /** The request is carried out, and the answer held for so long. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Head and half of the answer come, and no more. */
  | { readonly kind: 'stall' }
  /** Nothing is carried out, and nothing comes: the service is out of reach. */
  | { readonly kind: 'silence' };

const ITEM_REQUEST = /\.(?:Get|Put|Update|Delete)Item$|\.(?:Query|Scan)$/;

export class StoreProxy {
  /** Where requests go; may change as they come. */
  target: string;
  /** The operations on items that came, `PutItem`. */
  readonly seen: string[] = [];
  /** Told of each of them, with its request. */
  onOperation: (operation: string, body: Buffer) => void = () => {};
  /** Done to every request that no other fault is for, until it is changed. */
  always: (operation: string) => StoreFault | undefined = () => undefined;
  readonly #faults: StoreFault[] = [];
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  #connections = 0;

  private constructor(target: string) {
    this.target = target;
    this.#server = createServer((incoming, outgoing) => void this.#pass(incoming, outgoing));
    this.#server.on('connection', () => {
      this.#connections += 1;
    });
  }

  static async start(target: string): Promise<StoreProxy> {
    const proxy = new StoreProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that were made to it so far. */
  get connections(): number {
    return this.#connections;
  }

  do(...faults: readonly StoreFault[]): void {
    this.#faults.push(...faults);
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const operation = String(incoming.headers['x-amz-target']);
    const isOnItems = ITEM_REQUEST.test(operation);
    if (isOnItems) {
      const name = operation.slice(operation.indexOf('.') + 1);
      this.seen.push(name);
      this.onOperation(name, Buffer.concat(chunks));
    }
    const fault = isOnItems ? (this.#faults.shift() ?? this.always(operation)) : undefined;
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'drop-request') return void outgoing.destroy();
    if (fault?.kind === 'fail') return fail(outgoing, fault.status, fault.type, fault.message);
    if (fault?.kind === 'garble') return void outgoing.writeHead(fault.status).end(fault.body);
    let answer: Answer;
    try {
      answer = await this.#forward(incoming, Buffer.concat(chunks));
    } catch {
      return void outgoing.destroy();
    }
    if (fault?.kind === 'drop-response') return void outgoing.destroy();
    if (fault?.kind === 'fail-afterwards') return fail(outgoing, fault.status, fault.type);
    if (fault?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    const { status, headers, body } = answer;
    outgoing.writeHead(status, headers);
    if (fault?.kind === 'stall') return void outgoing.write(body.subarray(0, body.length / 2));
    outgoing.end(body);
  }

  #forward(incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { method: incoming.method, headers: incoming.headers, agent: this.#agent };
      const outgoing = request(new URL(incoming.url ?? '/', this.target), options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () => {
          const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...headers } = answer.headers;
          const whole = Buffer.concat(chunks);
          const length = { 'content-length': String(whole.length) };
          resolve({ status: answer.statusCode ?? 502, headers: { ...headers, ...length }, body: whole });
        });
      });
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

function fail(outgoing: ServerResponse, status: number, type: string, message = 'by the test'): void {
  outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  outgoing.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message }));
}
