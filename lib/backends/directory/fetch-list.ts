/** A file out on the internet that a certificate names: bounded in size and time, and never from an address inside. */
import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, fetch } from 'undici';
import { BackendError } from '../errors.ts';
import type { FetchList } from './revocation.ts';

const LIMIT_BYTES = 4 * 1024 * 1024;
const TIME_LIMIT_MS = 5_000;

const INSIDE = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  INSIDE.addSubnet(network, bits, 'ipv4');

/** Of IPv6 only what is global unicast, and nothing that leads to an IPv4 address by another way. */
const OUTSIDE_6 = new BlockList();
OUTSIDE_6.addSubnet('2000::', 3, 'ipv6');
const TUNNELS = new BlockList();
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
] as const)
  TUNNELS.addSubnet(network, bits, 'ipv6');

export function isOutside(address: string): boolean {
  if (isIP(address) === 4) return !INSIDE.check(address, 'ipv4');
  return isIP(address) === 6 && OUTSIDE_6.check(address, 'ipv6') && !TUNNELS.check(address, 'ipv6');
}

/** `isAllowed`: may this address be connected to? It is asked of the very address that is then connected to. */
export function listFetcher(isAllowed: (address: string) => boolean = isOutside): FetchList {
  const agent = new Agent({ connections: 2, connect: { lookup: guarded(isAllowed), timeout: TIME_LIMIT_MS } });
  return async (url) => {
    const { protocol, hostname, username } = new URL(url);
    const literal = hostname.replace(/^\[|\]$/g, '');
    const isFine = (protocol === 'http:' || protocol === 'https:') && username === '';
    if (!isFine || (isIP(literal) > 0 && !isAllowed(literal))) throw refused(url, 'it is not on the internet');
    const signal = AbortSignal.timeout(TIME_LIMIT_MS);
    const response = await fetch(url, { dispatcher: agent, redirect: 'manual', signal });
    if (response.status !== 200) {
      // What is not read holds the connection.
      await response.body?.cancel();
      throw refused(url, `it is answered ${response.status}`);
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += (chunk as Uint8Array).length;
      if (size > LIMIT_BYTES) throw refused(url, `it is larger than ${LIMIT_BYTES} bytes`);
      chunks.push(chunk as Uint8Array);
    }
    return Buffer.concat(chunks);
  };
}

const refused = (url: string, why: string) =>
  new BackendError('unavailable', `${url.slice(0, 200)} is not fetched`, { why });

const guarded =
  (isAllowed: (address: string) => boolean): LookupFunction =>
  (host, options: LookupOptions, done) => {
    lookup(host, { ...options, all: true }, (error, addresses: readonly LookupAddress[]) => {
      if (error) return done(error, '', 0);
      const [first] = addresses;
      const inside = addresses.find(({ address }) => !isAllowed(address));
      if (inside || !first) return done(new Error(`${host} is an address inside`), '', 0);
      return options.all ? done(null, [...addresses]) : done(null, first.address, first.family);
    });
  };
