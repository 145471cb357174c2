// Where the CalDAV and CardDAV servers of a domain are, by its DNS (RFC 6764).
import { describe, expect, it } from 'vitest';
import { davPlaces, type ServiceResolver } from '../../../lib/backends/index.ts';

type Zone = Readonly<
  Record<string, { readonly srv?: readonly (readonly [number, number, number, string])[]; readonly txt?: string }>
>;

function resolverOf(zone: Zone): ServiceResolver & { asked: number } {
  const missing = (name: string) => Promise.reject(new Error(`queryX ENOTFOUND ${name}`));
  return {
    asked: 0,
    resolveSrv(name) {
      this.asked++;
      const records = zone[name]?.srv;
      if (!records) return missing(name);
      return Promise.resolve(records.map(([priority, weight, port, host]) => ({ priority, weight, port, name: host })));
    },
    resolveTxt(name) {
      const text = zone[name]?.txt;
      return text === undefined ? missing(name) : Promise.resolve([[text.slice(0, 4), text.slice(4)]]);
    },
  };
}

const CALDAV = '_caldavs._tcp.example.org';
const CARDDAV = '_carddavs._tcp.example.org';
const placesIn = (zone: Zone) => davPlaces('example.org', resolverOf(zone))();

describe('calendar servers by DNS', () => {
  it('are where SRV and TXT say, over TLS', async () => {
    const zone = {
      [CALDAV]: { srv: [[0, 1, 8443, 'cal.example.org']], txt: 'path=/dav/' },
      [CARDDAV]: { srv: [[0, 1, 443, 'card.example.org.']] },
    } as const;
    expect(await placesIn(zone)).toEqual({
      url: 'https://cal.example.org:8443/dav/',
      contactsUrl: 'https://card.example.org/.well-known/carddav',
    });
  });

  it('one serves for both where there is but one', async () => {
    const url = 'https://cal.example.org/.well-known/caldav';
    expect(await placesIn({ [CALDAV]: { srv: [[0, 1, 443, 'cal.example.org']] } })).toEqual({ url, contactsUrl: url });
  });

  it('the lowest priority comes first, then the greatest weight', async () => {
    const srv = [
      [20, 9, 443, 'last.example.org'],
      [10, 1, 443, 'second.example.org'],
      [10, 5, 443, 'first.example.org'],
    ] as const;
    expect((await placesIn({ [CALDAV]: { srv } })).url).toContain('//first.');
  });

  it('there are none where nothing or a dot is named: unavailable, and asked again', async () => {
    const resolver = resolverOf({ [CALDAV]: { srv: [[0, 0, 0, '']] } });
    const places = davPlaces('example.org', resolver);
    for (const _ of [1, 2]) {
      await expect(places()).rejects.toMatchObject({
        code: 'unavailable',
        remedy: expect.stringContaining('mail.dav.url') as string,
      });
    }
    expect(resolver.asked).toBe(4);
  });

  it('a service that moved is found at its new place', async () => {
    const zone: Record<string, Zone[string]> = { [CALDAV]: { srv: [[0, 1, 443, 'old.example.org']] } };
    const places = davPlaces('example.org', resolverOf(zone));
    expect((await places()).url).toContain('//old.');
    zone[CALDAV] = { srv: [[0, 1, 443, 'new.example.org']] };
    expect((await places()).url).toContain('//new.');
  });

  it('a path that names another server is none', async () => {
    const zone = { [CALDAV]: { srv: [[0, 1, 443, 'cal.example.org']], txt: 'path=//elsewhere.example/' } } as const;
    expect((await placesIn(zone)).url).toBe('https://cal.example.org/.well-known/caldav');
  });
});
