/** Requests to one server as one user: by tsdav's words over undici, bounded in time and size, with BackendErrors for what fails. */
import { davRequest, type DAVResponse } from 'tsdav';
import { Agent, fetch as undiciFetch, type Response as UndiciResponse } from 'undici';
import { type Log, reasonOf } from '../../platform/index.ts';
import type { Credentials } from '../backend.ts';
import { BackendError } from '../errors.ts';
import type { DavEnvironment } from './configuration.ts';

/** A list of 100,000 etags is about 30 MB. */
const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024;
const CONNECTIONS = 4;
const NAMESPACES =
  'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:card="urn:ietf:params:xml:ns:carddav" xmlns:cs="http://calendarserver.org/ns/"';

/** Of answers that have none (Fetch standard). */
const NO_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** An answer that was not read to its end. */
export class AnswerTooLarge extends BackendError {
  constructor(limitBytes: number) {
    const limit = `${Math.round(limitBytes / 1024)} KB`;
    super('unavailable', 'the calendar server answers with more than is read', { why: `the limit is ${limit}` });
  }
}

export interface Answer {
  readonly status: number;
  readonly etag: string | undefined;
}

export class DavConnection {
  readonly #environment: DavEnvironment;
  readonly #credentials: Credentials | undefined;
  readonly #agent: Agent;

  /** Without credentials nobody signs in. */
  constructor(environment: DavEnvironment, credentials?: Credentials) {
    const { configuration } = environment;
    this.#environment = environment;
    this.#credentials = credentials;
    const { certificateAuthorities: ca, checkCertificates = true } = configuration;
    this.#agent = new Agent({
      connections: CONNECTIONS,
      connect: { rejectUnauthorized: checkCertificates, ...(ca !== undefined && { ca }) },
    });
  }

  /** In tsdav's sense: what its functions do their requests with. Throws BackendError where no answer is one. */
  readonly fetch: typeof fetch = ((url: string, init?: RequestInit) =>
    this.#fetchServed(url, init, ANSWER_LIMIT_BYTES)) as typeof fetch;

  /** Throws BackendError also where the server fails. */
  async #fetchServed(url: string, init: RequestInit | undefined, limitBytes: number): Promise<Response> {
    const response = await this.#fetch(url, init, limitBytes);
    if (response.status >= 500 && response.status !== 507 && response.status !== 501) {
      throw new BackendError('unavailable', 'the calendar server failed', { why: `it answered ${response.status}` });
    }
    return response;
  }

  /** The answer is read whole, as far as it is not larger than so much. */
  async #fetch(url: string, init: RequestInit = {}, limitBytes: number): Promise<Response> {
    const { timeouts } = this.#environment;
    const authorization = this.#credentials && basic(this.#credentials);
    const headers = { ...(init.headers as Record<string, string>), ...(authorization && { authorization }) };
    let response: Response;
    try {
      const signal = AbortSignal.timeout(timeouts.requestSeconds * 1_000);
      const sent = { ...init, headers, signal, dispatcher: this.#agent } as Parameters<typeof undiciFetch>[1];
      response = await readWhole(await undiciFetch(url, sent), limitBytes);
    } catch (cause) {
      if (cause instanceof AnswerTooLarge) throw cause;
      throw new BackendError('unavailable', 'the calendar server cannot be reached', {
        why: reasonOf(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause),
        remedy: 'Check mail.dav.url, and that the server runs.',
        cause,
      });
    }
    if (response.status === 401) {
      // The mail system took the password: nobody is to be asked for another, and mail goes on.
      throw new BackendError('unavailable', 'the calendar server refused the password', {
        why: 'the mail system takes it',
        remedy: 'See that calendars and mail take the same user names and passwords.',
      });
    }
    return response;
  }

  get log(): Log {
    return this.#environment.log;
  }

  /** The properties, as elements with the prefixes d, c, card and cs: `<d:getetag/><cs:getctag/>`. */
  propfind(url: string, properties: string, depth: '0' | '1' = '0'): Promise<readonly DAVResponse[]> {
    const body = `<d:propfind ${NAMESPACES}><d:prop>${properties}</d:prop></d:propfind>`;
    return this.#ask(url, 'PROPFIND', body, depth);
  }

  /** `root` and what is in it: `c:calendar-query`, `<d:prop>…</d:prop><c:filter>…</c:filter>`. */
  report(
    url: string,
    root: string,
    content: string,
    depth: '0' | '1' = '1',
    limitBytes = ANSWER_LIMIT_BYTES,
  ): Promise<readonly DAVResponse[]> {
    return this.#ask(url, 'REPORT', `<${root} ${NAMESPACES}>${content}</${root}>`, depth, limitBytes);
  }

  /** What the DAV header of an OPTIONS names, in lower case (RFC 4918 section 10.1). */
  async features(url: string): Promise<ReadonlySet<string>> {
    const response = await this.fetch(url, { method: 'OPTIONS' });
    await response.arrayBuffer();
    const named = response.headers.get('dav')?.split(',') ?? [];
    return new Set(named.map((it) => it.trim().toLowerCase()));
  }

  /** Any other request with XML: its status. */
  async change(
    url: string,
    method: 'MKCALENDAR' | 'MKCOL' | 'PROPPATCH',
    root: string,
    content: string,
  ): Promise<number> {
    const [response] = await this.#ask(url, method, `<${root} ${NAMESPACES}>${content}</${root}>`);
    return response?.status ?? 0;
  }

  /** A failure of the server is an answer too: it may be of this one resource alone. */
  async send(
    url: string,
    method: 'PUT' | 'DELETE' | 'MOVE',
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Answer> {
    const response = await this.#fetch(
      url,
      { method, headers, ...(body !== undefined && { body }) },
      ANSWER_LIMIT_BYTES,
    );
    return { status: response.status, etag: response.headers.get('etag') ?? undefined };
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #ask(
    url: string,
    method: 'PROPFIND' | 'REPORT' | 'MKCALENDAR' | 'MKCOL' | 'PROPPATCH',
    body: string,
    depth?: '0' | '1',
    limitBytes = ANSWER_LIMIT_BYTES,
  ): Promise<readonly DAVResponse[]> {
    const xml = `<?xml version="1.0" encoding="utf-8"?>${body}`;
    const headers = { 'content-type': 'application/xml; charset=utf-8', ...(depth !== undefined && { depth }) };
    const fetch = ((to: string, init?: RequestInit) =>
      this.#fetchServed(to, init, limitBytes)) as typeof globalThis.fetch;
    return davRequest({ url, init: { method, headers, body: xml }, convertIncoming: false, fetch });
  }
}

const basic = ({ userName, password }: Credentials): string =>
  `Basic ${Buffer.from(`${userName}:${password}`).toString('base64')}`;

/** Stops reading at the limit, however much more would come. */
async function readWhole(response: UndiciResponse, limitBytes: number): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length;
    // Leaving the loop ends the request.
    if (size > limitBytes) throw new AnswerTooLarge(limitBytes);
    chunks.push(chunk as Uint8Array);
  }
  const { status, statusText, headers } = response;
  const body = NO_BODY.has(status) || size === 0 ? null : Buffer.concat(chunks);
  return new Response(body, { status, statusText, headers: [...headers] });
}

export function xmlText(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => escapes[character] ?? character);
}
