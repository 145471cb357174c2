import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describePlan, loadNeeds, loadTopology, NoPlanError, parseNeeds, plan } from '../../../lib/topology/index.ts';
import { parseTopology, placeConfiguration } from '../../../lib/topology/index.ts';
import { needsOf } from './needs.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples');
const files = readdirSync(EXAMPLES).filter((it) => it.startsWith('plan-'));
const golden = (name: string): string => join(import.meta.dirname, 'golden', name);

describe('the examples', () => {
  it('are ten', () => expect(files).toHaveLength(10));

  describe.each(files)('%s', (file) => {
    const made = plan(loadNeeds(join(EXAMPLES, file)));
    const page = describePlan(made);

    it('has the plan that was reviewed (golden; vitest -u writes it anew)', async () => {
      await expect(page).toMatchFileSnapshot(golden(`${basename(file, '.json')}.txt`));
      const document = `${JSON.stringify(made, undefined, 2)}\n`;
      await expect(document).toMatchFileSnapshot(golden(`${basename(file, '.json')}.json`));
    });

    it('has a caravan.json that can be deployed', () => {
      const topology = parseTopology(made.deployment, 'plan');
      expect(topology.pools.length + topology.standalone.length).toBe(made.places.length);
    });

    it('has sums that come out, to the last cent', () => {
      let total = 0;
      for (const place of made.places) {
        for (const { item, arithmetic, usdPerMonth } of place.now.costs) {
          const product = arithmetic.split(' × ').reduce((value, factor) => value * Number(factor.replace('$', '')), 1);
          expect(usdPerMonth, item).toBeCloseTo(product, 2);
          expect(page).toContain(arithmetic);
          total += usdPerMonth;
        }
      }
      expect(made.usdPerMonth).toBeCloseTo(total, 6);
    });

    it('tells the sums of its page as JSON too', () => {
      const { reckoning } = made;
      const flat = page.replaceAll(/\s+/g, ' ');
      for (const { arithmetic } of [...reckoning.serverLimits, ...reckoning.losses]) expect(flat).toContain(arithmetic);
      for (const { what } of Object.values({ ...reckoning.measured, ...reckoning.assumed }))
        expect(flat).toContain(what);
      for (const { servers, roundTripsMs } of reckoning.places) {
        if (servers) expect(flat).toContain(servers.now);
        for (const { device, sync } of roundTripsMs.sites)
          expect(flat).toMatch(new RegExp(`${device} \\+ .* = ${sync.toLocaleString('en-US')} ms`));
      }
    });

    it('tells of each alternative what it costs, how available it is, and why it is not taken', () => {
      expect(made.alternatives.length).toBeGreaterThan(0);
      for (const { because, usdPerMonth, availability } of made.alternatives) {
        expect(because.join()).toMatch(/\d/);
        expect(usdPerMonth).toBeGreaterThan(100);
        expect(availability).toBeGreaterThan(0.99);
      }
    });

    it('has lines that a terminal shows whole', () => {
      for (const line of page.split('\n')) expect(line.length).toBeLessThan(125);
    });
  });

  it('the files that are deployed as they are stay valid', () => {
    for (const name of ['one-pool', 'standalone', 'two-regions', 'pool-and-standalone'])
      expect(() => loadTopology(join(EXAMPLES, `${name}.json`))).not.toThrow();
  });
});

describe('what is planned', () => {
  it('a server alone for an office, a pool where one may not be away', () => {
    expect(plan(needsOf({})).kind).toBe('standalone');
    expect(plan(needsOf({ availabilityPercent: 99.9 })).kind).toBe('pool');
  });

  it('a zone may be lost: the others carry all devices', () => {
    const { places } = plan(needsOf({ users: 40_000 }));
    const [{ now, zones }] = places as readonly [(typeof places)[0]];
    expect((now.servers / zones.length) * (zones.length - 1) * 5_000).toBeGreaterThanOrEqual(now.devices);
  });

  it('200,000 users on three continents with one mail server are served beside it', () => {
    const { places, alternatives } = plan(loadNeeds(join(EXAMPLES, 'plan-three-continents.json')));
    expect(places.map(({ region }) => region)).toEqual(['eu-central-1']);
    expect(alternatives.map(({ what }) => what)).toContain('3 pools in eu-central-1, us-east-1, ap-southeast-1');
  });

  it('says of a place that is far from the mail system and its devices that it is, and nothing else', () => {
    const mailSystems = [{ name: 'main', host: 'imap.example.org', domain: 'example.org', region: 'eu-central-1' }];
    const sites = [{ name: 'office', users: 20, region: 'eu-central-1' }];
    const made = plan(parseNeeds({ domain: 'sync.example.org', regions: ['us-west-1'], mailSystems, sites }, 'test'));
    const page = describePlan(made).replaceAll(/\s+/g, ' ');
    expect(page).not.toContain('near the mail system');
    expect(page).toContain('One place, 157 ms away from the mail system: of the regions that servers may be in');
    expect(made.warnings.join()).toMatch(/devices of office are 175 ms away: they wait for it once a request\.$/);
    expect(plan(loadNeeds(join(EXAMPLES, 'plan-three-continents.json'))).warnings.join()).toContain(
      'devices of asia are 194 ms away: they wait for it once a request, which is less than',
    );
  });

  it('writes calendars and a directory that are named, which are checked then; and says what is not named', () => {
    const written = JSON.parse(readFileSync(join(EXAMPLES, 'plan-one-office.json'), 'utf8'));
    const [mail] = written.mailSystems;
    const dav = { davUrl: 'https://dav.example.org/' };
    const directory = { directoryUrl: 'ldaps://directory.example.org', directoryBaseDn: 'dc=example,dc=org' };
    const made = plan(parseNeeds({ ...written, mailSystems: [{ ...mail, ...dav, ...directory }] }, 'test'));
    const topology = parseTopology(made.deployment, 'plan');
    const [place] = topology.standalone as readonly [(typeof topology.standalone)[0]];
    expect(placeConfiguration(topology, place)).toMatchObject({
      mail: { dav: { url: 'https://dav.example.org/' } },
      directory: { kind: 'ldap', url: 'ldaps://directory.example.org', baseDn: 'dc=example,dc=org' },
    });
    const told = (it: ReturnType<typeof plan>) => describePlan(it).replaceAll(/\s+/g, ' ');
    expect(told(made)).toContain('connects to the mail system, calendars and the directory and says');
    const without = told(plan(parseNeeds(written, 'test')));
    expect(without).toContain('connects to the mail system and says what will not work');
    expect(without).toContain(
      'Not named in the file, and so not in it: calendars and contacts (davUrl) and a directory',
    );
    const half = { ...written, mailSystems: [{ ...mail, directoryUrl: directory.directoryUrl }] };
    expect(() => parseNeeds(half, 'test')).toThrow(/directoryBaseDn is not set.*both directoryUrl and directoryBaseDn/);
  });

  it('warns of a mail system that is more than 50 ms away', () => {
    expect(plan(needsOf({ mailRoundTripMs: 50 })).warnings).toEqual([]);
    expect(plan(needsOf({ mailRoundTripMs: 51 })).warnings.join()).toContain('51 ms away, more than 50');
  });

  describe('NAT leads 55,000 connections from one of its addresses to one of the mail system', () => {
    const natOf = (made: ReturnType<typeof plan>) => parseTopology(made.deployment, 'plan').pools[0]?.network;

    it('and gets as many addresses as users need with a zone lost, which are paid for, and asked for in time', () => {
      const enough = plan(needsOf({ users: 88_000 }));
      expect(natOf(enough)).toMatchObject({ natAddresses: 1 });
      const more = plan(needsOf({ users: 88_001 }));
      expect(natOf(more)).toMatchObject({ natAddresses: 2 });
      const addresses = more.places[0]?.now.costs.find(({ item }) => item.startsWith('NAT: addresses'));
      expect(addresses?.arithmetic).toBe('6 × $0.005 × 730');
      expect(more.warnings).toEqual([]);
      const many = plan(needsOf({ users: 200_000 }));
      expect(natOf(many)).toMatchObject({ natAddresses: 3 });
      expect(describePlan(many)).toMatch(/200,000 users × 1 ÷ .*= 2\.273,\s+rounded up = 3 addresses a gateway/s);
      expect(many.warnings.join()).toContain('3 addresses for each NAT gateway, 9 together');
    });

    it('fewer where the mail system has more, and no pool has more users than the most of them lead', () => {
      expect(natOf(plan(needsOf({ users: 200_000, mailAddresses: 3 })))).toMatchObject({ natAddresses: 1 });
      const relaxations = relaxationsOf({ users: 800_000, devicesPerUser: 1 });
      expect(relaxations).toMatchObject([{ requirement: 'users', from: 800_000, to: 704_000 }]);
      expect(relaxations[0]?.sentence).toContain('NAT leads no more connections to 1 address of imap.example.org');
      expect(natOf(plan(needsOf({ users: 704_000, devicesPerUser: 1 })))).toMatchObject({ natAddresses: 8 });
      expect(plan(needsOf({ users: 800_000, devicesPerUser: 1, mailAddresses: 2 })).kind).toBe('pool');
    });
  });

  describe('several pools of one mail system', () => {
    const written = JSON.parse(readFileSync(join(EXAMPLES, 'plan-far-branch.json'), 'utf8')) as Record<string, unknown>;
    const planAt = (availabilityPercent: number) =>
      plan(parseNeeds({ ...written, availabilityPercent, budgetUsdPerMonth: undefined }, 'test'));
    const itemsOf = ({ places }: ReturnType<typeof plan>, name: string) =>
      places.map(({ now }) => now.costs.filter(({ item }) => item.startsWith(name)).length);

    it('share homes and one name, written where most users are, and what that costs', () => {
      const made = planAt(99.88);
      const { geography, pools } = parseTopology(made.deployment, 'plan');
      expect(geography).toEqual({ authority: 'frankfurt' });
      expect(pools.map(({ host }) => host)).toEqual(['frankfurt.sync.example.org', 'singapore.sync.example.org']);
      expect(pools.map(({ failOverTo }) => failOverTo)).toEqual([undefined, undefined]);
      expect(itemsOf(made, 'Homes: ')).toEqual([3, 3]);
      expect(itemsOf(made, 'Replica ')).toEqual([0, 0]);
    });

    it('from 99.9 % on fail over to each other, with a replica of each table and room for both', () => {
      const [less, more] = [planAt(99.88), planAt(99.9)];
      const { pools } = parseTopology(more.deployment, 'plan');
      expect(pools.map(({ failOverTo }) => failOverTo)).toEqual(['singapore', 'frankfurt']);
      expect(itemsOf(more, 'Replica ')).toEqual([3, 3]);
      expect(more.usdPerMonth).toBeGreaterThan(less.usdPerMonth);
      const servers = more.places.map(({ atHorizon }) => atHorizon.servers);
      for (const { size } of pools) expect(size.max).toBeGreaterThanOrEqual(servers.reduce((sum, it) => sum + it, 0));
    });

    it('but not those of several mail systems: a pool takes the passwords of its own alone', () => {
      const made = plan(loadNeeds(join(EXAMPLES, 'plan-two-continents.json')));
      expect(parseTopology(made.deployment, 'plan').geography).toBeUndefined();
      expect(describePlan(made)).toContain('Each pool has a name of its own');
      expect(itemsOf(made, 'Homes: ')).toEqual([0, 0]);
    });
  });

  it('more devices than the largest pool carries are spread over several, where there are sites for it', () => {
    const mailSystems = [{ name: 'main', host: 'imap.example.org', domain: 'example.org', region: 'eu-central-1' }];
    const sites = ['eu-central-1', 'eu-north-1'].map((region) => ({ name: region, users: 600_000, region }));
    const general = { domain: 'sync.example.org', devicesPerUser: 2, availabilityPercent: 99.9, mailSystems };
    const made = plan(parseNeeds({ ...general, sites }, 'test'));
    expect(made.places.map(({ region }) => region).toSorted()).toEqual(['eu-central-1', 'eu-north-1']);
    expect(describePlan(made)).toContain('a pool of 500 servers, which is the most,');
    expect(made.warnings.join()).toContain('with the users of a region that is lost NAT is to lead more connections');
    const [first] = sites;
    expect(plan(parseNeeds({ ...general, sites: [first] }, 'test')).places).toHaveLength(1);
  });

  it('never plans a pool across regions', () => {
    const made = plan(loadNeeds(join(EXAMPLES, 'plan-two-continents.json')));
    expect(made.places).toHaveLength(2);
    expect(made.alternatives.at(-1)?.because.join()).toMatch(/never across regions/);
  });
});

const complaint = (changes: Parameters<typeof needsOf>[0]): NoPlanError => {
  try {
    plan(needsOf(changes));
  } catch (thrown) {
    if (thrown instanceof NoPlanError) return thrown;
    throw thrown;
  }
  throw new Error('there is a plan');
};

function waysOf(asked: object): NoPlanError['ways'] {
  try {
    plan(parseNeeds(asked, 'test'));
  } catch (thrown) {
    if (thrown instanceof NoPlanError) return thrown.ways;
    throw thrown;
  }
  throw new Error('there is a plan');
}

const relaxationsOf = (changes: Parameters<typeof needsOf>[0]) =>
  complaint(changes).ways.flatMap(({ relaxations }) => relaxations);

describe('where nothing meets the requirements, it says which to relax, by how much, and that is enough', () => {
  it('the budget', () => {
    const { ways, remedy } = complaint({ availabilityPercent: 99.9, budgetUsdPerMonth: 250 });
    const relaxations = ways.flatMap((way) => way.relaxations);
    expect(remedy).toMatch(/^Relax one of these: /);
    expect(relaxations.map(({ requirement }) => requirement).toSorted()).toEqual([
      'availabilityPercent',
      'budgetUsdPerMonth',
    ]);
    for (const { requirement, to } of relaxations)
      expect(
        plan(needsOf({ availabilityPercent: 99.9, budgetUsdPerMonth: 250, [requirement]: to })).places,
      ).toHaveLength(1);
  });

  it('the availability, of which no topology gives more', () => {
    const relaxations = relaxationsOf({ availabilityPercent: 99.999 });
    expect(relaxations).toMatchObject([{ requirement: 'availabilityPercent', from: 99.999, to: 99.9694 }]);
    expect(plan(needsOf({ availabilityPercent: 99.9694 })).kind).toBe('pool');
  });

  it('the way of devices', () => {
    const relaxations = relaxationsOf({ deviceRoundTripMs: 10 });
    expect(relaxations).toMatchObject([{ requirement: 'deviceRoundTripMs', from: 10, to: 20 }]);
  });

  it('the way of devices, where it spares a second pool that the budget does not pay', () => {
    const written = JSON.parse(readFileSync(join(EXAMPLES, 'plan-far-branch.json'), 'utf8')) as object;
    const asked = { ...written, budgetUsdPerMonth: 500 };
    const ways = waysOf(asked);
    // A server alone carries too few, whatever is relaxed of its availability.
    expect(ways.map(({ relaxations }) => relaxations.map(({ requirement }) => requirement))).toEqual([
      ['budgetUsdPerMonth'],
      ['deviceRoundTripMs'],
    ]);
    for (const { relaxations, topology, usdPerMonth, availability } of ways) {
      const relaxed = Object.fromEntries(relaxations.map(({ requirement, to }) => [requirement, to]));
      const made = plan(parseNeeds({ ...asked, ...relaxed }, 'test'));
      expect(topology).toBe(
        made.places.length === 1 ? 'one pool in eu-central-1' : '2 pools in eu-central-1, ap-southeast-1',
      );
      expect(made).toMatchObject({ usdPerMonthAtHorizon: usdPerMonth, availability });
    }
  });

  it('the way of devices, where some are far from every region: what is told is planned then', () => {
    const near = { roundTripMs: 0 };
    const mail = { name: 'main', host: 'imap.example.org', domain: 'example.org', region: 'ap-southeast-1', ...near };
    const sites = [
      { name: 'frankfurt', users: 266_998, region: 'eu-central-1', ...near },
      { name: 'singapore', users: 12_792, region: 'ap-southeast-1', ...near },
      { name: 'munich', users: 113_038, region: 'eu-central-1', ...near },
      { name: 'sao-paulo', users: 590, region: 'sa-east-1', roundTripMs: 7 },
    ];
    const general = {
      domain: 'sync.example.org',
      devicesPerUser: 2.7185050731486986,
      growthPercentPerYear: 5,
      horizonYears: 4,
    };
    const asked = { ...general, availabilityPercent: 98, mailSystems: [mail], sites };
    const way = waysOf({ ...asked, deviceRoundTripMs: 20 })[0];
    const to = way?.relaxations[0]?.to ?? 0;
    const made = plan(parseNeeds({ ...asked, deviceRoundTripMs: to }, 'test'));
    expect(way).toMatchObject({
      topology: 'one pool in eu-central-1',
      usdPerMonth: made.usdPerMonthAtHorizon,
      relaxations: [{ requirement: 'deviceRoundTripMs' }],
    });
    expect(made.places).toHaveLength(1);
  });

  it('less availability, where the replicas of tables are what the budget does not pay', () => {
    const written = JSON.parse(readFileSync(join(EXAMPLES, 'plan-far-branch.json'), 'utf8')) as object;
    const { usdPerMonthAtHorizon } = plan(parseNeeds({ ...written, availabilityPercent: 99.89 }, 'test'));
    const asked = { ...written, budgetUsdPerMonth: Math.ceil(usdPerMonthAtHorizon) };
    expect(() => plan(parseNeeds(asked, 'test'))).toThrow(NoPlanError);
    expect(() => plan(parseNeeds(asked, 'test'))).toThrow(
      expect.objectContaining({
        remedy: expect.stringContaining('availabilityPercent from 99.9 to 99.8999 (by 0.0001), for 2 pools'),
      }),
    );
    expect(plan(parseNeeds({ ...asked, availabilityPercent: 99.8999 }, 'test')).places).toHaveLength(2);
  });

  it('as few users as must be: as many pools are thought of as there are regions of sites', () => {
    const mailSystems = [{ name: 'main', host: 'imap.example.org', domain: 'example.org', region: 'eu-central-1' }];
    const sites = ['eu-central-1', 'eu-north-1', 'us-east-1'].map((region) => ({
      name: region,
      users: 900_000,
      region,
    }));
    const asked = { domain: 'sync.example.org', mailSystems, devicesPerUser: 1 };
    const refused = (() => {
      try {
        return plan(parseNeeds({ ...asked, sites }, 'test'));
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(refused).toBeInstanceOf(NoPlanError);
    const [way] = (refused as NoPlanError).ways;
    expect(way?.topology).toBe('3 pools in eu-central-1, eu-north-1, us-east-1');
    expect(way?.relaxations).toMatchObject(sites.map(() => ({ requirement: 'users', from: 900_000, to: 704_000 })));
    const fewer = plan(parseNeeds({ ...asked, sites: sites.map((it) => ({ ...it, users: 704_000 })) }, 'test'));
    expect(fewer.usdPerMonthAtHorizon / (way?.usdPerMonth ?? 0)).toBeCloseTo(1, 3);
  });

  it('a mail system that no region is near to', () => {
    const { remedy } = complaint({ mailRoundTripMs: 400 });
    expect(remedy).toContain('from 400 to 250 ms (by 150 ms)');
  });

  it('too many users', () => {
    const relaxations = relaxationsOf({ users: 1_000_000, devicesPerUser: 10 });
    expect(relaxations).toMatchObject([{ requirement: 'users', from: 1_000_000, to: 166_000 }]);
    expect(plan(needsOf({ users: 166_000, devicesPerUser: 10 })).kind).toBe('pool');
  });

  it('two at once, where one is not enough', () => {
    const { remedy, ways } = complaint({ availabilityPercent: 99.999, budgetUsdPerMonth: 10 });
    expect(ways).toHaveLength(1);
    expect(remedy).toMatch(
      /^Relax these together: availabilityPercent .* and budgetUsdPerMonth .*, for a server alone in eu-central-1 at \$/,
    );
  });
});

describe('a file that is wrong', () => {
  const written = JSON.parse(readFileSync(join(EXAMPLES, 'plan-one-office.json'), 'utf8')) as Record<string, unknown>;

  it.each([
    [
      { availabilityPercnt: 99 },
      "availabilityPercnt (file x), expected a setting that exists - did you mean 'availabilityPercent'?",
    ],
    [
      { sites: [{ name: 'office', users: 20, region: 'eu-centrl-1' }] },
      "sites[0].region is \"eu-centrl-1\" (file x), expected a region of AWS such as 'eu-central-1' - did you mean 'eu-central-1'?",
    ],
    [
      { sites: [{ name: 'office', users: 20, region: 'eu-west-1', mailSystem: 'mian' }] },
      'sites[0].mailSystem is "mian" (file x), expected one of main - did you mean \'main\'?',
    ],
    [
      { sites: [] },
      'sites is [] (file x), expected a list of sections with name, users, mailSystem, region, roundTripMs',
    ],
    [{ availabilityPercent: '99' }, 'availabilityPercent is "99" (file x), expected a number of percent from 0 to 100'],
  ])('%j is named, with what was expected', (changes, expected) => {
    expect(() => parseNeeds({ ...written, ...changes }, 'file x')).toThrow(expected);
  });

  it('every problem is told at once', () => {
    expect(() => parseNeeds({}, 'file x')).toThrow(/domain is not set.*mailSystems is not set.*sites is not set/s);
  });
});
