/** What an administrator deploys: pools, standalone servers, and what they share. The schema of `caravan.json`. */
import { z } from 'zod';
import { choice, decimal, list, optional, section, text, whole, withDefault, yesOrNo } from '../setting.ts';
import { mailSystem, secretArn } from './mail-system.ts';
import { REGIONS } from './regions.ts';

const NAME = /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/;
const HOST = /^(?=.{4,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;
const hostExpected = "a host name in lower case such as 'sync.example.org'";
const name = (about: string) =>
  text({ about, expected: 'a name of 2 to 32 lower-case letters, digits and dashes', matches: NAME });

/** Those that CloudWatch Logs knows. */
const LOG_DAYS = [7, 14, 30, 60, 90, 180, 365, 731] as const;

/** A section that may be left out as a whole. */
const optionalSection = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape).optional();

const newNetwork = {
  cidr: text({
    about: 'The addresses of its network: of one that is made, or those of the existing one that `vpc` names.',
    expected: "a private IPv4 network from /16 to /22 such as '10.20.0.0/16'",
    matches: /^[\d.]+\/\d+$/,
  }),
  egress: optional(
    choice(['nat', 'endpoints'], {
      about:
        'How servers of a network of its own reach AWS and the mail system: `nat` is a gateway a zone, and the only way to a mail ' +
        'system out on the internet; `endpoints` are private ones for the services that are used, for mail systems that the ' +
        'network is connected with.',
      otherwise: '`nat`',
    }),
  ),
  natAddresses: optional(
    whole({
      about:
        'With `nat`, the addresses of each gateway: from one of them it leads 55,000 connections to one address of the mail system, and every user takes one. ' +
        'AWS admits two a gateway, and five a region, until it is asked for more.',
      least: 1,
      most: 8,
      otherwise: '1',
    }),
  ),
};

const existingNetwork = {
  vpc: optional(
    text({
      about: 'An existing network, in place of one that is made.',
      expected: "its id, such as 'vpc-0a1b2c3d'",
      matches: /^vpc-[0-9a-f]+$/,
    }),
  ),
  publicSubnets: optional(
    list({ about: 'Its subnets for the load balancer, one a zone in the order of `zones`.', of: 'subnet ids' }),
  ),
  privateSubnets: optional(
    list({
      about:
        'Its subnets for the servers, one a zone in the order of `zones`; they reach AWS by NAT or endpoints of yours.',
      of: 'subnet ids',
    }),
  ),
};

const place = {
  name: name('Its name: of the stack, of metrics, and to people.'),
  region: z
    .enum(REGIONS)
    .meta({ kind: 'choice', expected: "a region of AWS such as 'eu-central-1'", about: 'Where it is.' }),
  zones: list({
    about:
      'The availability zones that it is spread over; three are usual. They are named, since nothing is looked up.',
    of: "the region's zones",
  }),
  host: optional(
    text({
      about: 'The name that phones are given.',
      expected: hostExpected,
      matches: HOST,
      otherwise:
        '`domain` where there is one pool or server alone, its `name` in `domain` for pools with `geography`; of several others each is given its own',
    }),
  ),
  certificate: text({
    about: 'The certificate of that name, in the same region, of AWS Certificate Manager.',
    expected: "its ARN, such as 'arn:aws:acm:eu-central-1:123456789012:certificate/…'",
    matches: /^arn:aws:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/,
  }),
  network: z.strictObject({ ...newNetwork, ...existingNetwork }),
  mail: mailSystem,
  settings: withDefault(
    z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).meta({
      kind: 'sections',
      expected: 'settings of docs/configuration.md by their keys, each with a plain value',
      about: 'Further settings of the servers, by the keys of docs/configuration.md: `{ "log.level": "debug" }`.',
    }),
    {},
  ),
  administration: optionalSection({
    from: list({
      about:
        'Networks from which administrators reach the servers for `caravan pool` and `caravan user`, at port 8445, by plain HTTP and with a token ' +
        '(docs/operations-aws.md, Administer): private ones, such as its own and those that it is connected with. Without this section nobody does.',
      of: "networks such as '10.20.0.0/16'",
    }),
  }),
  firewall: optionalSection({
    requestsPerFiveMinutes: withDefault(
      whole({
        about:
          'Requests from one address in five minutes, beyond which a web application firewall refuses it. A phone makes some ' +
          'tens; an office with a thousand of them behind one address makes tens of thousands.',
        least: 1_000,
        most: 2_000_000_000,
      }),
      50_000,
    ),
  }),
  traces: optional(
    decimal({
      about:
        'The share of requests whose traces X-Ray is sent (docs/operations-aws.md, Traces); 0 sends those of requests that fail or are slow, which are sent ' +
        'whatever it is. Transaction Search is turned on in the account and region first.',
      least: 0,
      most: 1,
      otherwise: 'none',
    }),
  ),
  autodiscover: withDefault(
    yesOrNo({
      about: 'Whether `autodiscover.` and the mail domain leads here as well; the certificate bears that name too.',
    }),
    false,
  ),
};

export const topologySchema = z.strictObject({
  $schema: optional(text({ about: "Not read: for an editor's help." })),
  name: name('What all stacks of it begin with.'),
  account: optional(
    text({
      about: 'The account that all of it goes to.',
      expected: 'twelve digits',
      matches: /^\d{12}$/,
      otherwise: 'that of the credentials with which it is deployed',
    }),
  ),
  domain: text({ about: 'The domain that phones are given.', expected: hostExpected, matches: HOST }),
  hostedZone: optionalSection({
    id: text({
      about: 'The id of a public zone of Route 53, in which the records are made. Without, you make them.',
      expected: "an id such as 'Z0123456789ABCDEFGHIJ'",
      matches: /^Z[A-Z0-9]+$/,
    }),
    name: text({ about: 'Its name.', expected: hostExpected, matches: HOST }),
  }),
  image: optionalSection({
    repository: text({
      about:
        "A repository with the server's image that you have pushed. Without this section `cdk deploy` builds and pushes the image itself, for which the machine that deploys needs Docker.",
      expected:
        "a repository of ECR such as '123456789012.dkr.ecr.eu-central-1.amazonaws.com/caravan'; {region} in it stands for the pool's",
      matches: /^\d{12}\.dkr\.ecr\.([a-z0-9-]+|\{region\})\.amazonaws\.com\/[a-z0-9][a-z0-9._/-]*$/,
    }),
    tag: text({
      about: 'Its tag: the release. Not `latest`: what runs must be what was asked for.',
      expected: "a tag other than 'latest'",
      matches: /^(?!latest$)[\w][\w.-]{0,127}$/,
    }),
  }),
  pools: withDefault(
    z
      .array(
        z.strictObject({
          ...place,
          size: section({
            min: withDefault(whole({ about: 'Servers that are always there.', least: 2, most: 500 }), 3),
            max: withDefault(whole({ about: 'Servers at most.', least: 2, most: 500 }), 12),
          }),
          placement: section({
            usersPerServer: withDefault(
              whole({ about: 'Users a server, on average, beyond which one is added.', least: 10, most: 100_000 }),
              2_000,
            ),
            leastAvailabilityIndex: withDefault(
              whole({
                about:
                  'The average availability index (from -100, which refuses, to 100, which is idle) under which servers are added.',
                least: -99,
                most: 99,
              }),
              20,
            ),
          }),
          table: optional(
            text({
              about:
                'An existing table to use in place of the one that is made: one that was restored from a backup, or that of a stack that was destroyed.',
              expected: 'the name of a table',
              matches: /^[A-Za-z0-9_.-]{3,255}$/,
            }),
          ),
          failOverTo: optional(
            name(
              'With `geography`: the pool whose users its own become when its region is lost. A replica of its table is kept in the region of that one, whose mail system must have these users too.',
            ),
          ),
          canary: optionalSection({
            secret: secretArn(
              'The secret with the mailbox of the canary, a device of ours that syncs once a minute through the front door: `{"user": "…", "password": "…"}`.',
            ),
          }),
          secondKeySecret: optional(
            secretArn('A second key that the servers take from each other while the key of the pool is changed.'),
          ),
        }),
      )
      .meta({ kind: 'sections', expected: 'a list of pools', about: 'The pools.' }),
    [],
  ),
  standalone: withDefault(
    z
      .array(z.strictObject(place))
      .meta({ kind: 'sections', expected: 'a list of standalone servers', about: 'Servers alone.' }),
    [],
  ),
  geography: optionalSection({
    authority: name(
      'Where users may come to any pool by one name, `domain`, and are at home in one of them (docs/homes.md): the pool whose region ' +
        'has the replica of the homes that every pool writes to. The certificates bear `domain` too.',
    ),
  }),
  alarms: section({
    email: optional(
      text({
        about: 'Who is told of alarms; they confirm a message from AWS first.',
        expected: 'a mail address',
        matches: /^[^\s@]+@[^\s@]+\.[^\s@]+$/,
      }),
    ),
  }),
  logs: section({
    retentionDays: withDefault(
      z.literal(LOG_DAYS).meta({
        kind: 'number',
        expected: `one of ${LOG_DAYS.join(', ')}`,
        about: 'How long logs are kept, in days.',
      }),
      90,
    ),
  }),
  tags: withDefault(
    z.record(z.string().min(1).max(128), z.string().max(256)).meta({
      kind: 'sections',
      expected: 'names of at most 128 characters with values of at most 256',
      about: 'Tags of everything that is made.',
    }),
    {},
  ),
});

type Frozen<Value> = Value extends readonly (infer Element)[]
  ? readonly Frozen<Element>[]
  : Value extends object
    ? { readonly [Name in keyof Value]: Frozen<Value[Name]> }
    : Value;

type Parsed = Frozen<z.output<typeof topologySchema>>;
type ParsedPool = Parsed['pools'][number];
type ParsedStandalone = Parsed['standalone'][number];

/** A network of its own, or one that is there. */
export type NetworkTopology =
  | { readonly kind: 'new'; readonly cidr: string; readonly egress: 'nat' | 'endpoints'; readonly natAddresses: number }
  | {
      readonly kind: 'existing';
      readonly cidr: string;
      readonly vpc: string;
      readonly publicSubnets: readonly string[];
      readonly privateSubnets: readonly string[];
    };

interface Completed {
  /** What its stack, its servers' pool and its metrics are called: the deployment's name and its own. */
  readonly id: string;
  /** Always there: left out, it follows from `domain`. */
  readonly host: string;
  readonly network: NetworkTopology;
}

export type PoolTopology = Omit<ParsedPool, keyof Completed> & Completed;
export type StandaloneTopology = Omit<ParsedStandalone, keyof Completed> & Completed;
/** What a pool and a server alone have in common. */
export type PlaceTopology = PoolTopology | StandaloneTopology;

/** The whole file, checked and completed. */
export interface Topology extends Omit<Parsed, 'pools' | 'standalone'> {
  readonly pools: readonly PoolTopology[];
  readonly standalone: readonly StandaloneTopology[];
}

export type ParsedTopology = z.output<typeof topologySchema>;
