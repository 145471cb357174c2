/** The sums of a plan that its page shows, for programs. */
import { type Loss, losses } from './availability.ts';
import type { Candidate } from './candidate.ts';
import { deviceRoundTrip, directoryRoundTrip, isMeasured, mailRoundTrip } from './latency.ts';
import { ASSUMED, type Figure, MEASURED } from './measured.ts';
import type { Needs } from './needs.ts';
import { type Limit, poolServers, serverCapacity, serverLimits } from './sizing.ts';

export interface Reckoning {
  readonly measured: Readonly<Record<string, Figure>>;
  readonly assumed: Readonly<Record<string, Figure>>;
  /** The least of them is `devicesPerServer`. */
  readonly serverLimits: readonly Limit[];
  readonly devicesPerServer: number;
  /** What takes away from availability. */
  readonly losses: readonly Loss[];
  readonly places: readonly PlaceReckoning[];
}

interface PlaceReckoning {
  readonly name: string;
  /** Of the servers of a pool. */
  readonly servers?: { readonly now: string; readonly atHorizon: string };
  readonly roundTripsMs: {
    readonly mailSystem: number;
    readonly isMailSystemMeasured: boolean;
    readonly directory?: number;
    readonly sites: readonly { readonly name: string; readonly device: number; readonly sync: number }[];
  };
}

export function reckoningOf(needs: Needs, { kind, places }: Candidate): Reckoning {
  const capacity = serverCapacity(needs.devicesPerUser);
  return {
    measured: MEASURED,
    assumed: ASSUMED,
    serverLimits: serverLimits(needs.devicesPerUser),
    devicesPerServer: capacity,
    losses: losses(kind),
    places: places.map(({ name, region, zones, mailSystem, sites, now, atHorizon }) => {
      const mail = mailRoundTrip(mailSystem, region);
      const directory = directoryRoundTrip(mailSystem, region);
      const sum = (devices: number) => poolServers(devices, zones.length, capacity).arithmetic;
      return {
        name,
        ...(kind === 'pool' && { servers: { now: sum(now.devices), atHorizon: sum(atHorizon.devices) } }),
        roundTripsMs: {
          mailSystem: mail,
          isMailSystemMeasured: isMeasured(mailSystem, region),
          ...(directory !== undefined && { directory }),
          sites: sites.map((site) => {
            const device = deviceRoundTrip(site, region);
            return { name: site.name, device, sync: syncMs(device, mail) };
          }),
        },
      };
    }),
  };
}

/** Of one that brings something. */
export const syncMs = (device: number, mail: number): number =>
  device + ASSUMED.mailRoundTripsPerSync.value * mail + ASSUMED.storeRoundTripMs.value;
