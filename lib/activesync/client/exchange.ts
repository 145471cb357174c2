/** One request and its answer, raw: no retries, no provisioning, any status. What tests of the wire talk through. */
import {
  ACTIVESYNC_PATH,
  buildRequestLine,
  type CommandName,
  type Element,
  MAIL_CONTENT_TYPE,
  MULTIPART_CONTENT_TYPE,
  type ProtocolVersion,
  type QueryForm,
  readMultipart,
  readWbxml,
  type RequestParameters,
  WBXML_CONTENT_TYPE,
  writeWbxml,
} from '../protocol/index.ts';
import { ClientError } from './errors.ts';
import type { Transport, TransportResponse } from './transport.ts';

export interface ExchangeOptions {
  /** `https://mail.example.org`; a path other than ActiveSync's is kept. */
  readonly url: string;
  /** `user`, `user@domain` or `DOMAIN\user`. */
  readonly user: string;
  readonly password: string;
  readonly deviceId: string;
  readonly deviceType: string;
  readonly userAgent: string;
  readonly queryForm: QueryForm;
  readonly transport: Transport;
  /** Sees every exchange; what it throws, the exchange throws. */
  readonly onExchange?: ((request: SentRequest, response: ExchangeResponse) => void | Promise<void>) | undefined;
}

export interface CommandRequest {
  readonly command: CommandName;
  readonly version: ProtocolVersion;
  readonly policyKey?: string | undefined;
  readonly document?: Element | undefined;
  /** Instead of a document: MIME at 12.1, or bytes on purpose wrong. */
  readonly body?: Uint8Array | undefined;
  /** Of `body`; default MIME. */
  readonly contentType?: string | undefined;
  readonly parameters?: Partial<RequestParameters> | undefined;
  /** Added last, so that a test can overwrite any. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default 90 s. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What went out, for `onExchange`. The password is not in it. */
export interface SentRequest {
  readonly command: CommandName | 'OPTIONS';
  readonly version: ProtocolVersion | undefined;
  readonly query: string;
  readonly document: Element | undefined;
  readonly body: Uint8Array | undefined;
}

export interface ExchangeResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** Of a WBXML body, or of the first part of a multipart one; undefined for an empty body and for other types. */
  readonly document: Element | undefined;
  /** Of a multipart body, the document's own included. */
  readonly parts: readonly Uint8Array[] | undefined;
}

const DEFAULT_TIMEOUT_MS = 90_000;
const ANSWER_LIMITS = { bodyBytes: 256 * 1024 * 1024, textBytes: 64 * 1024 * 1024, elements: 2_000_000 };

export class Exchange {
  readonly #options: ExchangeOptions;
  #url: URL;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#url = serverUrl(options.url);
  }

  /** Where requests go: after a redirect another place than the options say. */
  get url(): string {
    return this.#url.href;
  }

  redirect(url: string): void {
    this.#url = serverUrl(url);
  }

  /** Throws what the transport throws, and ClientError for a body that is not what its type says. */
  async command(request: CommandRequest): Promise<ExchangeResponse> {
    const { deviceId, deviceType, user, queryForm } = this.#options;
    const { command, version, policyKey, document } = request;
    const parameters = { saveInSent: false, acceptMultiPart: false, ...request.parameters };
    const line = { command, version, user, deviceId, deviceType, policyKey, locale: undefined, parameters };
    const { query, headers } = buildRequestLine(line, queryForm);
    const body = request.body ?? (document && writeWbxml(document));
    const contentType = request.body ? (request.contentType ?? MAIL_CONTENT_TYPE) : WBXML_CONTENT_TYPE;
    const response = await this.#options.transport.request({
      method: 'POST',
      url: `${this.#url.href}?${query}`,
      headers: {
        ...this.#ownHeaders(),
        ...headers,
        ...(body && { 'Content-Type': contentType }),
        ...request.headers,
      },
      body: body ?? new Uint8Array(),
      timeoutMs: request.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      signal: request.signal,
    });
    return this.#seen({ command, version, query, document, body }, decode(response, command));
  }

  /** The HTTP OPTIONS that tells versions and commands. */
  async options(options: { signal?: AbortSignal | undefined; timeoutMs?: number } = {}): Promise<ExchangeResponse> {
    const response = await this.#options.transport.request({
      method: 'OPTIONS',
      url: this.#url.href,
      headers: this.#ownHeaders(),
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      signal: options.signal,
    });
    const sent = { command: 'OPTIONS', version: undefined, query: '', document: undefined, body: undefined } as const;
    return this.#seen(sent, decode(response, 'OPTIONS'));
  }

  #ownHeaders(): Record<string, string> {
    const { user, password, userAgent } = this.#options;
    const credentials = Buffer.from(`${user}:${password}`).toString('base64');
    return { Authorization: `Basic ${credentials}`, 'User-Agent': userAgent };
  }

  async #seen(request: SentRequest, response: ExchangeResponse): Promise<ExchangeResponse> {
    await this.#options.onExchange?.(request, response);
    return response;
  }
}

function decode({ status, headers, body }: TransportResponse, command: string): ExchangeResponse {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  const undecoded = { status, headers, bytes: body };
  if (body.length === 0) return { ...undecoded, document: undefined, parts: undefined };
  try {
    const parts = type === MULTIPART_CONTENT_TYPE ? readMultipart(body) : undefined;
    const wbxml = parts ? parts[0] : type === WBXML_CONTENT_TYPE ? body : undefined;
    return { ...undecoded, document: wbxml && readWbxml(wbxml, ANSWER_LIMITS), parts };
  } catch (cause) {
    throw new ClientError('malformed-answer', `The answer to ${command} cannot be read`, {
      command,
      httpStatus: status,
      why: cause instanceof Error ? cause.message : String(cause),
      remedy: 'Report it to those who run the server',
      cause,
    });
  }
}

function serverUrl(text: string): URL {
  const url = new URL(text);
  if (url.pathname === '/' || url.pathname === '') url.pathname = ACTIVESYNC_PATH;
  url.search = '';
  return url;
}
