/** How many cases of bad input are tried, of each kind, at full size. A quick run does a fiftieth of them. */
import { fuzzCases } from '../../support/fuzz-cases.ts';

/** Done when 6 of the standalone server: 100,000 cases in CI. What other folders try by themselves comes on top. */
export const CASES_PROMISED = 100_000;

export const PLAN = {
  'wbxml: damaged documents, whole and in chunks': 22_000,
  'wbxml: any bytes': 10_000,
  'request line: plain': 12_000,
  'request line: base64': 12_000,
  'request line: headers': 6_000,
  'authorization header': 10_000,
  'autodiscover: xml': 8_000,
  'mime: parsed and rendered': 6_000,
  'mime: answered and forwarded': 1_500,
  'mime: drafts': 4_000,
  'documents: on the real engine': 7_000,
  'http: the door by socket': 4_000,
  'http: autodiscover v2 and other targets': 1_000,
  'frames between servers: cut': 1_000,
  'frames between servers: changed': 1_000,
  'frames between servers: heads': 2_000,
} as const satisfies Readonly<Record<string, number>>;

export type Target = keyof typeof PLAN;

export const casesOf = (target: Target): number => fuzzCases(PLAN[target]);
