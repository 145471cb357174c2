/** Requests to one server as one user: by tsdav's words over undici, bounded in time and size, with BackendErrors for what fails. */
import { davRequest, type DAVResponse } from 'tsdav';
import { Agent, fetch as undiciFetch } from 'undici';
import { reasonOf } from '../../platform/index.ts';
import { BackendError } from '../errors.ts';
import type { DavEnvironment } from './configuration.ts';

/** A collection of 10,000 events in one answer is about 20 MB. */
const ANSWER_LIMIT_BYTES = 256 * 1024 * 1024;
const CONNECTIONS = 4;
const NAMESPACES =
  'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:card="urn:ietf:params:xml:ns:carddav" xmlns:cs="http://calendarserver.org/ns/"';

export interface Answer {
  readonly status: number;
  readonly etag: string | undefined;
}

export class DavConnection {
  readonly #environment: DavEnvironment;
  readonly #authorization: string | undefined;
  readonly #agent: Agent;

  /** Without credentials nobody signs in. */
  constructor(environment: DavEnvironment, credentials?: { readonly userName: string; readonly password: string }) {
    const { configuration } = environment;
    this.#environment = environment;
    const pair = credentials && Buffer.from(`${credentials.userName}:${credentials.password}`).toString('base64');
    this.#authorization = pair && `Basic ${pair}`;
    const { certificateAuthorities: ca, checkCertificates = true } = configuration;
    this.#agent = new Agent({
      connections: CONNECTIONS,
      maxResponseSize: ANSWER_LIMIT_BYTES,
      connect: { rejectUnauthorized: checkCertificates, ...(ca !== undefined && { ca }) },
    });
  }

  /** In tsdav's sense: what its functions do their requests with. Throws BackendError where no answer is one. */
  readonly fetch: typeof fetch = (async (url: string, init: RequestInit = {}) => {
    const { timeouts } = this.#environment;
    const authorization = this.#authorization;
    const headers = { ...(init.headers as Record<string, string>), ...(authorization && { authorization }) };
    let response: Response;
    try {
      const signal = AbortSignal.timeout(timeouts.requestSeconds * 1_000);
      const sent = { ...init, headers, signal, dispatcher: this.#agent } as Parameters<typeof undiciFetch>[1];
      response = await undiciFetch(url, sent);
    } catch (cause) {
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
    if (response.status >= 500 && response.status !== 507 && response.status !== 501) {
      throw new BackendError('unavailable', 'the calendar server failed', { why: `it answered ${response.status}` });
    }
    return response;
  }) as typeof fetch;

  /** The properties, as elements with the prefixes d, c, card and cs: `<d:getetag/><cs:getctag/>`. */
  propfind(url: string, properties: string, depth: '0' | '1' = '0'): Promise<readonly DAVResponse[]> {
    const body = `<d:propfind ${NAMESPACES}><d:prop>${properties}</d:prop></d:propfind>`;
    return this.#ask(url, 'PROPFIND', body, depth);
  }

  /** `root` and what is in it: `c:calendar-query`, `<d:prop>…</d:prop><c:filter>…</c:filter>`. */
  report(url: string, root: string, content: string, depth: '0' | '1' = '1'): Promise<readonly DAVResponse[]> {
    return this.#ask(url, 'REPORT', `<${root} ${NAMESPACES}>${content}</${root}>`, depth);
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

  async send(
    url: string,
    method: 'PUT' | 'DELETE' | 'MOVE',
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Answer> {
    const response = await this.fetch(url, { method, headers, ...(body !== undefined && { body }) });
    await response.arrayBuffer();
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
  ): Promise<readonly DAVResponse[]> {
    const xml = `<?xml version="1.0" encoding="utf-8"?>${body}`;
    const headers = { 'content-type': 'application/xml; charset=utf-8', ...(depth !== undefined && { depth }) };
    return davRequest({ url, init: { method, headers, body: xml }, convertIncoming: false, fetch: this.fetch });
  }
}

export function xmlText(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => escapes[character] ?? character);
}
