/** Who really asks, and how, where a sprayer or another proxy stands in front: only those that are configured are believed. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

export class TrustedProxies {
  readonly #addresses: ReadonlySet<string>;

  constructor(addresses: readonly string[]) {
    this.#addresses = new Set(addresses.map(plainAddress));
  }

  /** The address nearest to us that is not a trusted proxy's own. */
  addressOf(request: IncomingMessage): string {
    const peer = peerOf(request);
    if (!this.#addresses.has(peer)) return peer;
    const forwarded = String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .map((it) => plainAddress(it.trim()))
      .filter((it) => it !== '');
    return forwarded.findLast((it) => !this.#addresses.has(it)) ?? peer;
  }

  /** Whether the device itself speaks TLS, to us or to the proxy. */
  isTls(request: IncomingMessage): boolean {
    const told = this.#addresses.has(peerOf(request)) ? request.headers['x-forwarded-proto'] : undefined;
    if (told === undefined) return request.socket instanceof TLSSocket;
    return String(told).split(',')[0]?.trim().toLowerCase() === 'https';
  }
}

const peerOf = (request: IncomingMessage): string => plainAddress(request.socket.remoteAddress ?? '');
const plainAddress = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);
