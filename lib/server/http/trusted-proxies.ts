/** Who really asks, and how, where a sprayer or another proxy stands in front: only those that are configured are believed. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { TLSSocket } from 'node:tls';

export class TrustedProxies {
  readonly #addresses = new BlockList();

  /** IP addresses, and networks such as `10.20.0.0/16`. What is neither is no proxy. */
  constructor(addresses: readonly string[]) {
    for (const written of addresses) {
      const [address = '', prefix] = plainAddress(written).split('/');
      const family = familyOf(address);
      if (family === undefined) continue;
      if (prefix === undefined) this.#addresses.addAddress(address, family);
      else this.#addresses.addSubnet(address, Number(prefix), family);
    }
  }

  /** Whether it comes through one of them. */
  isThrough(request: IncomingMessage): boolean {
    return this.#isTrusted(peerOf(request));
  }

  /** The address nearest to us that is not a trusted proxy's own. */
  addressOf(request: IncomingMessage): string {
    const peer = peerOf(request);
    if (!this.#isTrusted(peer)) return peer;
    const forwarded = String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .map((it) => plainAddress(it.trim()))
      .filter((it) => it !== '');
    return forwarded.findLast((it) => !this.#isTrusted(it)) ?? peer;
  }

  /** Whether the device itself speaks TLS, to us or to the proxy. */
  isTls(request: IncomingMessage): boolean {
    const told = this.#isTrusted(peerOf(request)) ? request.headers['x-forwarded-proto'] : undefined;
    if (told === undefined) return request.socket instanceof TLSSocket;
    return String(told).split(',')[0]?.trim().toLowerCase() === 'https';
  }

  #isTrusted(address: string): boolean {
    const family = familyOf(address);
    return family !== undefined && this.#addresses.check(address, family);
  }
}

const peerOf = (request: IncomingMessage): string => plainAddress(request.socket.remoteAddress ?? '');
const familyOf = (address: string): 'ipv4' | 'ipv6' | undefined => (({ 4: 'ipv4', 6: 'ipv6' }) as const)[isIP(address)];
const plainAddress = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);
