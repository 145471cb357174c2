/** Where others reach what listens on all of a machine's addresses. */
import { networkInterfaces } from 'node:os';

/** A task of Fargate's has such an address first, which nobody else can reach (RFC 3927). */
const LINK_LOCAL = '169.254.';
const EVERY = new Set(['0.0.0.0', '::', '']);

/** `host:port`; where `host` is every address, the machine's own first one in its network, or loopback if it has none. */
export function ownAddress(host: string, port: number): string {
  if (!EVERY.has(host)) return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const own = Object.values(networkInterfaces())
    .flat()
    .find((it) => it?.family === 'IPv4' && !it.internal && !it.address.startsWith(LINK_LOCAL));
  return `${own?.address ?? '127.0.0.1'}:${port}`;
}
