// More of what is asked for never gives less: the plan is as large and as available at least; and where more has a plan, less has one.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Needs, NoPlanError, parseNeeds } from '../../../lib/topology/index.ts';
import type { WayOut } from '../../../lib/topology/planning/errors.ts';
import type { Candidate } from '../../../lib/topology/planning/candidate.ts';
import { candidatesFor } from '../../../lib/topology/planning/candidates.ts';
import { choose } from '../../../lib/topology/planning/plan.ts';
import { fuzzCases } from '../../support/fuzz-cases.ts';

/** Of needs that can be met: of five drawn at random one or two can. */
const CASES = Math.max(10, fuzzCases(50));
const REGIONS = ['eu-central-1', 'eu-north-1', 'us-east-1', 'us-west-1', 'ap-southeast-1', 'sa-east-1'] as const;

const region = fc.constantFrom(...REGIONS);
const mailSystem = fc.record({
  region,
  roundTripMs: fc.integer({ min: 0, max: 120 }),
  roundTripsMs: fc.dictionary(region, fc.integer({ min: 1, max: 260 })),
});
const site = fc.record({
  users: fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 300_000 })),
  region,
  roundTripMs: fc.integer({ min: 0, max: 120 }),
  mailSystem: fc.nat(),
});
const needs: fc.Arbitrary<Needs> = fc
  .record({
    devicesPerUser: fc.double({ min: 0.5, max: 4, noNaN: true }),
    growthPercentPerYear: fc.integer({ min: 0, max: 50 }),
    horizonYears: fc.integer({ min: 0, max: 5 }),
    availabilityPercent: fc.constantFrom(98, 99.5, 99.87, 99.9, 99.96, 99.98),
    budgetUsdPerMonth: fc.option(fc.integer({ min: 150, max: 20_000 }), { nil: undefined }),
    deviceRoundTripMs: fc.option(fc.integer({ min: 20, max: 350 }), { nil: undefined }),
    mailSystems: fc.array(mailSystem, { minLength: 1, maxLength: 3 }),
    sites: fc.array(site, { minLength: 1, maxLength: 5 }),
  })
  .map(({ mailSystems, sites, ...general }) => {
    const used = sites.map((it) => it.mailSystem % mailSystems.length);
    const content = {
      ...general,
      domain: 'sync.example.org',
      mailSystems: mailSystems.flatMap((it, index) =>
        used.includes(index) ? [{ ...it, name: `mail-${index}`, host: 'imap.example.org', domain: 'example.org' }] : [],
      ),
      sites: sites.map((it, index) => ({ ...it, name: `site-${index}`, mailSystem: `mail-${used[index]}` })),
    };
    return parseNeeds(content, 'test');
  });

const planOf = (it: Needs): Candidate | undefined => candidatesFor(it).find(({ missed }) => missed.length === 0);

/** As the error says: of users nothing, which no single setting holds. */
function relaxed(it: Needs, { relaxations }: WayOut): Needs | undefined {
  if (relaxations.some(({ requirement }) => requirement === 'users' || requirement === 'mailRoundTripMs'))
    return undefined;
  return { ...it, ...Object.fromEntries(relaxations.map(({ requirement, to }) => [requirement, to])) };
}

const serversOf = ({ places }: Candidate): number => places.reduce((sum, { atHorizon }) => sum + atHorizon.servers, 0);

/** Needs without a plan do not count as cases: a property of nothing proves nothing. */
function hold(more: (it: Needs, by: number) => Needs, compare: (less: Candidate, more: Candidate) => void): void {
  fc.assert(
    fc.property(needs, fc.integer({ min: 1, max: 100 }), (less, by) => {
      const larger = planOf(more(less, by));
      fc.pre(larger !== undefined);
      const smaller = planOf(less);
      expect(smaller, 'what is met with more is met with less').toBeDefined();
      if (smaller === undefined) return;
      expect(larger.availability).toBeGreaterThanOrEqual(smaller.availability);
      expect(larger.places.length).toBeGreaterThanOrEqual(smaller.places.length);
      compare(smaller, larger);
    }),
    { numRuns: CASES },
  );
}

const asLarge = (less: Candidate, more: Candidate): void => {
  expect(serversOf(more)).toBeGreaterThanOrEqual(serversOf(less));
  expect(more.usdPerMonthAtHorizon).toBeGreaterThanOrEqual(less.usdPerMonthAtHorizon);
  expect(more.geography?.failOverTo.length ?? 0).toBeGreaterThanOrEqual(less.geography?.failOverTo.length ?? 0);
};

/**
 * Distance can force places of two zones, of which one more is half of all servers, in place of those of three, or the other way: those
 * have fewer servers, or fewer gateways to pay. Places of as many zones are compared.
 */
const asLargeWhereZonesAre = (less: Candidate, more: Candidate): void => {
  expect(more.geography?.failOverTo.length ?? 0).toBeGreaterThanOrEqual(less.geography?.failOverTo.length ?? 0);
  const hasSameZones = new Set([...less.places, ...more.places].map(({ zones }) => zones.length)).size === 1;
  if (hasSameZones || more.places.length === less.places.length)
    expect(serversOf(more)).toBeGreaterThanOrEqual(serversOf(less));
  if (hasSameZones && more.places.length === less.places.length && more.places.length === 1)
    expect(more.usdPerMonthAtHorizon).toBeGreaterThanOrEqual(less.usdPerMonthAtHorizon);
};

it('what is said to be enough where there is no plan is enough, and costs what is said', () => {
  const cases = needs.map((asked) => {
    try {
      choose(asked);
      return [];
    } catch (thrown) {
      if (!(thrown instanceof NoPlanError)) throw thrown;
      return thrown.ways.map((way) => ({ way, less: relaxed(asked, way) }));
    }
  });
  fc.assert(
    fc.property(cases, (ways) => {
      fc.pre(ways.some(({ less }) => less !== undefined));
      for (const { way, less } of ways) {
        if (less === undefined) continue;
        const chosen = choose(less).chosen;
        // Another kind may meet what is asked now as well, and is simpler.
        expect(chosen.usdPerMonthAtHorizon).toBeLessThanOrEqual(way.usdPerMonth);
      }
    }),
    { numRuns: CASES },
  );
});

describe('a plan never becomes smaller or less available', () => {
  it('with more users', () =>
    hold((it, by) => {
      const [first, ...others] = it.sites as [Needs['sites'][0], ...Needs['sites']];
      return { ...it, sites: [{ ...first, users: Math.ceil(first.users * (1 + by / 20)) }, ...others] };
    }, asLarge));

  it('with more growth', () =>
    hold((it, by) => ({ ...it, growthPercentPerYear: it.growthPercentPerYear + by / 2 }), asLarge));

  it('with more devices a user', () =>
    hold((it, by) => ({ ...it, devicesPerUser: it.devicesPerUser * (1 + by / 50) }), asLarge));

  it('with more availability', () =>
    hold(
      (it, by) => ({
        ...it,
        availabilityPercent: it.availabilityPercent + ((100 - it.availabilityPercent) * by) / 120,
      }),
      asLarge,
    ));

  it('with sites that are farther away', () =>
    hold(
      (it, by) => ({ ...it, sites: it.sites.map((site) => ({ ...site, roundTripMs: site.roundTripMs + by })) }),
      asLargeWhereZonesAre,
    ));

  it('with devices that must be nearer', () =>
    hold(
      (it, by) => ({
        ...it,
        ...(it.deviceRoundTripMs !== undefined && { deviceRoundTripMs: it.deviceRoundTripMs * (1 - by / 200) }),
      }),
      asLargeWhereZonesAre,
    ));

  it('with mail systems that are farther away', () =>
    hold(
      (it, by) => ({
        ...it,
        mailSystems: it.mailSystems.map((mail) => ({
          ...mail,
          roundTripMs: mail.roundTripMs + by,
          roundTripsMs: Object.fromEntries(Object.entries(mail.roundTripsMs).map(([at, ms]) => [at, ms + by])),
        })),
      }),
      asLargeWhereZonesAre,
    ));
});
