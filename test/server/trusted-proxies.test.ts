import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { TrustedProxies } from '../../lib/server/http/trusted-proxies.ts';

const request = (peer: string, forwarded: string, proto = 'https') =>
  ({
    socket: { remoteAddress: peer },
    headers: { 'x-forwarded-for': forwarded, 'x-forwarded-proto': proto },
  }) as unknown as IncomingMessage;

describe('who really asks', () => {
  const proxies = new TrustedProxies(['10.20.0.0/16', '192.0.2.1', '2001:db8::/32']);

  it('is told by a load balancer that is known by its network alone', () => {
    expect(proxies.addressOf(request('10.20.3.4', '203.0.113.9'))).toBe('203.0.113.9');
    expect(proxies.addressOf(request('::ffff:10.20.3.4', '203.0.113.9'))).toBe('203.0.113.9');
    expect(proxies.addressOf(request('2001:db8::7', '203.0.113.9'))).toBe('203.0.113.9');
    expect(proxies.isTls(request('10.20.3.4', '203.0.113.9'))).toBe(true);
  });

  it('is who connects, where that is nobody known: what it claims counts for nothing', () => {
    expect(proxies.addressOf(request('10.21.0.1', '203.0.113.9'))).toBe('10.21.0.1');
    expect(proxies.isTls(request('10.21.0.1', '203.0.113.9'))).toBe(false);
  });

  it('is the nearest that is not a proxy: what a device adds in front is not believed', () => {
    expect(proxies.addressOf(request('10.20.3.4', '198.51.100.1, 203.0.113.9, 192.0.2.1'))).toBe('203.0.113.9');
    expect(proxies.addressOf(request('10.20.3.4', 'nonsense, 10.20.0.9'))).toBe('nonsense');
    expect(proxies.addressOf(request('10.20.3.4', ''))).toBe('10.20.3.4');
  });
});
