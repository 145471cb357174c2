/** Reading of multistatus answers as tsdav gives them: names in camel case, numbers and booleans where text looks like some. */
import type { DAVResponse } from 'tsdav';
import { BackendError } from '../errors.ts';

/** Throws BackendError('not-found' | 'forbidden' | 'unavailable') for an answer that is a refusal of the whole. */
export function mustBeOk(responses: readonly DAVResponse[], what: string): void {
  const [first] = responses;
  if (first === undefined || first.ok || (first.href !== undefined && isMultistatus(first))) return;
  throw refusal(first.status, what);
}

/** That may pass by itself, and is not about what was asked: too early, too much at once, a server behind that is away. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);

/** Of an answer that is no success. */
export function refusal(status: number, what: string): BackendError {
  const why = `the calendar server answered ${status}`;
  if (status === 404 || status === 410) return new BackendError('not-found', what, { why });
  if (status === 507 || status === 413) return new BackendError('over-quota', what, { why });
  if (status === 403 || status === 405 || status === 423) return new BackendError('forbidden', what, { why });
  if (PASSING.has(status) || status < 400) return new BackendError('unavailable', what, { why });
  if (status === 501 || status < 500) return new BackendError('rejected', what, { why });
  return new BackendError('failed', what, { why });
}

/** One of several responses, and not an answer without any. */
export function isMultistatus({ raw }: DAVResponse): boolean {
  return typeof raw === 'object' && raw !== null && 'multistatus' in raw;
}

/** A property's text; undefined if it is not there or has elements in it. */
export function textOf(response: DAVResponse | undefined, property: string): string | undefined {
  return plainText(response?.props?.[property]);
}

export function plainText(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'object' && value !== null && '_cdata' in value) {
    return Array.isArray(value._cdata) ? value._cdata.join('') : plainText(value._cdata);
  }
  return undefined;
}

/** The path of a response, decoded but for what separates. */
export function pathOf(href: string | undefined, base: string): string {
  return new URL(href ?? '', base).pathname;
}

/** As far as it is well-formed: what is not stays as it is written. */
export const decodedPath = (path: string): string => path.replace(/(?:%[0-9a-f]{2})+/gi, (it) => decodedOnly(it) ?? it);

/** Undefined for what is not well-formed: a stray `%`, or characters that are not of UTF-8. */
export function decodedOnly(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The token of a sync-collection answer. */
export function syncTokenOf(responses: readonly DAVResponse[]): string | undefined {
  const raw = responses[0]?.raw as { multistatus?: { syncToken?: unknown } } | undefined;
  return plainText(raw?.multistatus?.syncToken);
}
