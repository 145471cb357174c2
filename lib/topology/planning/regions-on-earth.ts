/** Where AWS's regions are, by the city that names them, and how long a round trip between two takes. */
import type { REGIONS } from '../deployment/regions.ts';

export type Region = (typeof REGIONS)[number];

/** What a place there is called, its latitude and longitude in degrees. */
const CITIES: Readonly<Record<Region, readonly [name: string, latitude: number, longitude: number]>> = {
  'af-south-1': ['cape-town', -33.9, 18.4],
  'ap-east-1': ['hong-kong', 22.3, 114.2],
  'ap-east-2': ['taipei', 25.0, 121.6],
  'ap-northeast-1': ['tokyo', 35.7, 139.7],
  'ap-northeast-2': ['seoul', 37.6, 127.0],
  'ap-northeast-3': ['osaka', 34.7, 135.5],
  'ap-south-1': ['mumbai', 19.1, 72.9],
  'ap-south-2': ['hyderabad', 17.4, 78.5],
  'ap-southeast-1': ['singapore', 1.4, 103.8],
  'ap-southeast-2': ['sydney', -33.9, 151.2],
  'ap-southeast-3': ['jakarta', -6.2, 106.8],
  'ap-southeast-4': ['melbourne', -37.8, 145.0],
  'ap-southeast-5': ['kuala-lumpur', 3.1, 101.7],
  'ap-southeast-7': ['bangkok', 13.8, 100.5],
  'ca-central-1': ['montreal', 45.5, -73.6],
  'ca-west-1': ['calgary', 51.0, -114.1],
  'eu-central-1': ['frankfurt', 50.1, 8.7],
  'eu-central-2': ['zurich', 47.4, 8.5],
  'eu-north-1': ['stockholm', 59.3, 18.1],
  'eu-south-1': ['milan', 45.5, 9.2],
  'eu-south-2': ['zaragoza', 41.6, -0.9],
  'eu-west-1': ['dublin', 53.3, -6.3],
  'eu-west-2': ['london', 51.5, -0.1],
  'eu-west-3': ['paris', 48.9, 2.4],
  'il-central-1': ['tel-aviv', 32.1, 34.8],
  'me-central-1': ['dubai', 25.2, 55.3],
  'me-south-1': ['bahrain', 26.1, 50.6],
  'mx-central-1': ['queretaro', 20.6, -100.4],
  'sa-east-1': ['sao-paulo', -23.6, -46.6],
  'us-east-1': ['virginia', 39.0, -77.5],
  'us-east-2': ['ohio', 40.0, -83.0],
  'us-west-1': ['california', 37.8, -122.4],
  'us-west-2': ['oregon', 45.8, -119.7],
};

/** Letters of zones, where they are not a, b and c. */
const ZONE_LETTERS: Readonly<Partial<Record<Region, readonly string[]>>> = {
  'ap-northeast-1': ['a', 'c', 'd'],
  'ca-central-1': ['a', 'b', 'd'],
  'us-west-1': ['a', 'c'],
};

const EARTH_RADIUS_KM = 6_371;
/** Light in glass, there and back: 200 km a millisecond, twice the way. */
const KM_PER_ROUND_TRIP_MS = 100;
/**
 * How much longer cables are than the shortest way: within two fifths of published round trips within the Americas, within Asia and
 * across the oceans beside them (test/topology/planning/latency.test.ts), and up to a half too short between Europe and Asia. Measured
 * ones go before it.
 */
const DETOUR = 1.7;

export const placeName = (region: Region): string => CITIES[region][0];

/** Of one that is not known too, as a guess. */
export const zonesOf = (region: string): readonly string[] =>
  (ZONE_LETTERS[region as Region] ?? ['a', 'b', 'c']).map((letter) => `${region}${letter}`);

/** Estimated, in milliseconds; 0 within a region. */
export function roundTripBetween(from: Region, to: Region): number {
  const [, fromLatitude, fromLongitude] = CITIES[from].map(radians);
  const [, toLatitude, toLongitude] = CITIES[to].map(radians);
  const half = (angle: number) => Math.sin(angle / 2) ** 2;
  const chord =
    half((toLatitude as number) - (fromLatitude as number)) +
    Math.cos(fromLatitude as number) *
      Math.cos(toLatitude as number) *
      half((toLongitude as number) - (fromLongitude as number));
  const km = 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(chord));
  return Math.round((km / KM_PER_ROUND_TRIP_MS) * DETOUR);
}

const radians = (value: string | number): number => (Number(value) * Math.PI) / 180;
