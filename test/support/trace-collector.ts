/** An OTLP collector of a test's own: keeps the spans that servers bring, and how they were brought. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly durationMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly isError: boolean;
  /** `service.instance.id`: which server's it is. */
  readonly server: string;
}

export interface Brought {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** As it came: compressed. */
  readonly body: Buffer;
}

export class TraceCollector {
  readonly brought: Brought[] = [];
  /** What it answers. */
  status = 200;
  answer = '{}';
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<TraceCollector> {
    const server = createServer();
    const collector = new TraceCollector(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        collector.brought.push({
          path: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks),
        });
        response.writeHead(collector.status, { 'Content-Type': 'application/json' });
        response.end(collector.answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/traces`;
  }

  get spans(): readonly CollectedSpan[] {
    return this.brought.flatMap(({ body }) => spansIn(gunzipSync(body).toString('utf8')));
  }

  of(traceId: string): readonly CollectedSpan[] {
    return this.spans.filter((it) => it.traceId === traceId);
  }

  /** Everything that was told, as text: for what must not be in it. */
  get text(): string {
    return this.brought.map(({ body }) => gunzipSync(body).toString('utf8')).join('\n');
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

interface Told {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly ToldAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly ToldSpan[] }[];
  }[];
}
interface ToldAttribute {
  readonly key: string;
  readonly value: { stringValue?: string; boolValue?: boolean; intValue?: string; doubleValue?: number };
}
interface ToldSpan extends Omit<CollectedSpan, 'attributes' | 'isError' | 'durationMs' | 'server'> {
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly ToldAttribute[];
  readonly status?: { readonly code: number };
}

const spansIn = (json: string): readonly CollectedSpan[] =>
  (JSON.parse(json) as Told).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(({ traceId, spanId, parentSpanId, name, kind, attributes, status, startTimeUnixNano, endTimeUnixNano }) => ({
        traceId,
        spanId,
        parentSpanId,
        name,
        kind,
        durationMs: Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6,
        attributes: valuesOf(attributes),
        isError: status?.code === 2,
        server: String(valuesOf(resource.attributes)['service.instance.id']),
      })),
  );

const valuesOf = (attributes: readonly ToldAttribute[]) =>
  Object.fromEntries(
    attributes.map(({ key, value: { stringValue, boolValue, intValue, doubleValue } }) => [
      key,
      stringValue ?? boolValue ?? (intValue === undefined ? (doubleValue ?? 0) : Number(intValue)),
    ]),
  );
