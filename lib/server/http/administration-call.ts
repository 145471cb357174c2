// What the calls of the administration's listener have in common: the token, and answers in JSON.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CaravanError } from '../../platform/index.ts';

export function hasToken({ headers }: IncomingMessage, token: string): boolean {
  const shown = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1];
  return shown !== undefined && timingSafeEqual(digestOf(shown), digestOf(token));
}

export const failed = (code: string, message: string, { remedy }: Partial<Pick<CaravanError, 'remedy'>> = {}) => ({
  error: { code, message, ...(remedy !== undefined && { remedy }) },
});

export function answerJson(
  response: ServerResponse,
  status: number,
  value: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers });
  response.end(`${JSON.stringify(value)}\n`);
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();
