/** What the HTTP service knows of its parts: each serves some paths. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Route {
  /** For the log. */
  readonly name: string;
  /** Whether its requests count among those that are worked on at once; probes do not. */
  readonly isCounted: boolean;
  /** `path` is lower case, without the query: devices and administrators write paths in every case. */
  matches(path: string): boolean;
  /** Answers, or keeps the response to answer later. What it throws becomes a 500 and a log line. */
  serve(request: IncomingMessage, response: ServerResponse, context: RouteContext): Promise<void>;
}

export interface RouteContext {
  /** In every log line of this request, and in the answer's X-Request-Id. */
  readonly requestId: string;
  /** What `matches` was asked. */
  readonly path: string;
  /** The client's address, as the sprayer tells it where one is trusted. */
  readonly address: string;
  /** The device speaks TLS, to us or to a trusted proxy. */
  readonly isTls: boolean;
}

/** A short answer in plain text, for people with a browser and for probes. */
export function answerText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
) {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers });
  response.end(`${text}\n`);
}
