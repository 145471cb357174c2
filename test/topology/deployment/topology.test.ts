import { describe, expect, it } from 'vitest';
import { TopologyError } from '../../../lib/topology/index.ts';
import { parseTopology } from '../../../lib/topology/index.ts';

const CERTIFICATE = 'arn:aws:acm:eu-central-1:123456789012:certificate/11111111-2222-3333-4444-555555555555';
const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:imap-AbCdEf';

type Section = Record<string, unknown>;
const pool = (changes: Section = {}): Section => ({
  name: 'frankfurt',
  region: 'eu-central-1',
  zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
  certificate: CERTIFICATE,
  network: { cidr: '10.20.0.0/16' },
  mail: { host: 'imap.example.org', domain: 'example.org' },
  ...changes,
});
const file = (pools: readonly Section[] = [pool()], changes: Section = {}): Section => ({
  name: 'caravan',
  domain: 'sync.example.org',
  pools,
  ...changes,
});

function complaints(content: unknown): string[] {
  try {
    parseTopology(content, 'file caravan.json');
  } catch (thrown) {
    if (!(thrown instanceof TopologyError)) throw thrown;
    return thrown.message.replace(/^The topology is not valid: /, '').split('; ');
  }
  return [];
}

describe('caravan.json', () => {
  it('is completed: a host, and what its stack is called', () => {
    const [first] = parseTopology(file(), 'here').pools;
    expect(first).toMatchObject({
      id: 'caravan-frankfurt',
      host: 'sync.example.org',
      network: { kind: 'new', cidr: '10.20.0.0/16', egress: 'nat', natAddresses: 1 },
      size: { min: 3, max: 12 },
    });
  });

  it('a second entry renames none: where there are several each is given its name, and the one that was alone keeps it', () => {
    const second = pool({ name: 'munich', network: { cidr: '10.30.0.0/16' } });
    const told = (name: string, at: string) =>
      `${at}.host is not set (file caravan.json), expected the name of each where there are several, such as '${name}.sync.example.org'; 'sync.example.org' for the one that was alone in this file until now, whose phones know it`;
    const join = (places: readonly Section[]) => complaints(file(places)).join('; ');
    expect(join([pool(), second])).toBe(`${told('frankfurt', 'pools[0]')}; ${told('munich', 'pools[1]')}`);
    expect(complaints(file([pool()], { standalone: [second] })).join()).toContain('standalone[0].host is not set');
    const hosts = ['sync.example.org', 'munich.sync.example.org'];
    const given = [pool({ host: hosts[0] }), { ...second, host: hosts[1] }];
    expect(parseTopology(file(given), 'here').pools.map(({ host }) => host)).toEqual(hosts);
  });

  it('with geography pools have names of their own, and none has the one that leads to all', () => {
    const certificate = CERTIFICATE.replace('eu-central-1', 'eu-west-1');
    const zones = ['eu-west-1a', 'eu-west-1b'];
    const dublin = pool({ name: 'dublin', region: 'eu-west-1', zones, certificate, network: { cidr: '10.30.0.0/16' } });
    const london = { ...dublin, name: 'london', network: { cidr: '10.40.0.0/16' } };
    const shared = (changes: Section) => file([pool(), dublin], { geography: { authority: 'dublin' }, ...changes });
    expect(parseTopology(shared({}), 'here').pools.map(({ host }) => host)).toEqual([
      'frankfurt.sync.example.org',
      'dublin.sync.example.org',
    ]);
    expect(complaints(shared({ pools: [pool({ host: 'sync.example.org' }), dublin] })).join()).toContain(
      'pools[0].host is "sync.example.org" (file caravan.json), expected a name of its own',
    );
    expect(complaints(shared({ standalone: [london] })).join()).toContain('standalone[0].host is not set');
    expect(complaints(shared({ standalone: [{ ...london, host: 'sync.example.org' }] })).join()).toContain(
      'standalone[0].host is "sync.example.org" (file caravan.json), expected a name of its own',
    );
  });

  it.each([
    [
      'a wrong region',
      pool({ region: 'eu-centrel-1' }),
      `pools[0].region is "eu-centrel-1" (file caravan.json), expected a region of AWS such as 'eu-central-1' - did you mean 'eu-central-1'?`,
    ],
    [
      'a zone of another region',
      pool({ zones: ['eu-central-1a', 'us-east-1b'] }),
      `pools[0].zones is "us-east-1b" (file caravan.json), expected zones of eu-central-1 such as 'eu-central-1a'`,
    ],
    [
      'one zone alone',
      pool({ zones: ['eu-central-1a'] }),
      `pools[0].zones is "eu-central-1a" (file caravan.json), expected two zones or more, each once: a zone that fails leaves the others`,
    ],
    [
      'a missing certificate',
      pool({ certificate: undefined }),
      `pools[0].certificate is not set (file caravan.json), expected its ARN, such as 'arn:aws:acm:eu-central-1:123456789012:certificate/…'`,
    ],
    [
      'a certificate of another region',
      pool({ certificate: CERTIFICATE.replace('eu-central-1', 'us-east-1') }),
      `pools[0].certificate is "${CERTIFICATE.replace('eu-central-1', 'us-east-1')}" (file caravan.json), expected a certificate in eu-central-1, where the load balancer is`,
    ],
    [
      'a public network',
      pool({ network: { cidr: '8.8.0.0/16' } }),
      `pools[0].network.cidr is "8.8.0.0/16" (file caravan.json), expected a private IPv4 network from /16 to /22 that begins at its first address, such as '10.20.0.0/16'`,
    ],
    [
      'administration from everywhere',
      pool({ administration: { from: ['10.20.0.0/16', '0.0.0.0/0'] } }),
      `pools[0].administration.from is "0.0.0.0/0" (file caravan.json), expected private IPv4 networks such as '10.20.0.0/16'`,
    ],
    [
      'addresses of gateways that are none',
      pool({ network: { cidr: '10.20.0.0/16', egress: 'endpoints', natAddresses: 2 } }),
      `pools[0].network.natAddresses is 2 (file caravan.json), expected egress 'nat': without there are no gateways`,
    ],
    [
      'a network that is too small',
      pool({ network: { cidr: '10.20.0.0/26' } }),
      `pools[0].network.cidr is "10.20.0.0/26" (file caravan.json), expected a private IPv4 network from /16 to /22 that begins at its first address, such as '10.20.0.0/16'`,
    ],
    [
      'subnets that do not fit the zones',
      pool({
        network: {
          cidr: '10.20.0.0/16',
          vpc: 'vpc-0a',
          publicSubnets: ['subnet-1', 'subnet-2', 'subnet-3'],
          privateSubnets: ['subnet-4'],
        },
      }),
      `pools[0].network.privateSubnets is "subnet-4" (file caravan.json), expected one subnet a zone`,
    ],
    [
      'an unknown key',
      pool({ sizes: { min: 4 } }),
      `pools[0].sizes (file caravan.json), expected a setting that exists - did you mean 'size'?`,
    ],
    [
      'an unknown key within a section',
      pool({ size: { least: 4 } }),
      `pools[0].size.least (file caravan.json), expected a setting that exists`,
    ],
    [
      'a pool of one',
      pool({ size: { min: 1 } }),
      `pools[0].size.min is 1 (file caravan.json), expected a whole number from 2 to 500`,
    ],
    [
      'a size that is none',
      pool({ size: { min: 8, max: 4 } }),
      `pools[0].size.max is 4 (file caravan.json), expected at least size.min, which is 8`,
    ],
    [
      'a secret of another region',
      pool({ canary: { secret: SECRET.replace('eu-central-1', 'eu-west-1') } }),
      `pools[0].canary.secret is "${SECRET.replace('eu-central-1', 'eu-west-1')}" (file caravan.json), expected a secret in eu-central-1, where the servers are`,
    ],
    [
      'a secret without the end of its ARN',
      pool({ canary: { secret: SECRET.replace('-AbCdEf', '') } }),
      `pools[0].canary.secret is "${SECRET.replace('-AbCdEf', '')}" (file caravan.json), expected the whole ARN of a secret of Secrets Manager, with the dash and six characters that AWS adds to its name, such as '${SECRET}'`,
    ],
    [
      'an account without its password',
      pool({
        mail: {
          host: 'imap.example.org',
          domain: 'example.org',
          smtp: { authentication: 'account', userName: 'caravan' },
        },
      }),
      `pools[0].mail.smtp.passwordSecret is not set (file caravan.json), expected the account that authentication 'account' asks for: userName and passwordSecret`,
    ],
    [
      'a setting that is none',
      pool({ settings: { 'log.levle': 'debug' } }),
      `pools[0].settings is "log.levle" (file caravan.json), expected a setting that takes a plain value - did you mean 'log.level'?, as docs/configuration.md tells`,
    ],
    [
      'a setting that the deployment makes',
      pool({ settings: { 'listen.port': 443 } }),
      `pools[0].settings is "listen.port" (file caravan.json), expected a setting that the deployment does not make itself, as docs/configuration.md tells`,
    ],
    [
      'a setting with a wrong value',
      pool({ settings: { 'log.level': 'loud' } }),
      `pools[0].settings is "log.level: \\"loud\\"" (file caravan.json), expected one of 'debug', 'info', 'warn', 'error', 'silent'`,
    ],
  ])('%s is named, with what was expected', (_, written, complaint) => {
    expect(complaints(file([written]))).toEqual([complaint]);
  });

  it.each([
    [
      'nothing to deploy',
      file([]),
      'pools is not set (file caravan.json), expected at least one pool, or one standalone server',
    ],
    [
      'networks that overlap',
      file([
        pool({ host: 'sync.example.org' }),
        pool({ name: 'munich', host: 'munich.example.org', network: { cidr: '10.20.16.0/20' } }),
      ]),
      'pools[1].network.cidr is "10.20.16.0/20" (file caravan.json), expected a network that does not overlap with 10.20.0.0/16 of pools[0]',
    ],
    [
      'one name for two',
      file([
        pool({ host: 'sync.example.org' }),
        pool({ host: 'munich.example.org', network: { cidr: '10.30.0.0/16' } }),
      ]),
      'pools[1].name is "frankfurt" (file caravan.json), expected another name than that of pools[0]',
    ],
    [
      'one record for two',
      file(
        [
          pool({ host: 'sync.example.org', autodiscover: true }),
          pool({ name: 'munich', host: 'munich.example.org', network: { cidr: '10.30.0.0/16' }, autodiscover: true }),
        ],
        { hostedZone: { id: 'Z0123456789', name: 'example.org' } },
      ),
      'pools[1].autodiscover is true (file caravan.json), expected false: autodiscover.example.org leads to pools[0] already',
    ],
    [
      'a host outside of the zone',
      file([pool({ host: 'sync.example.net' })], { hostedZone: { id: 'Z0123456789', name: 'example.org' } }),
      'pools[0].host is "sync.example.net" (file caravan.json), expected a name within the hosted zone, example.org',
    ],
    [
      'a certificate of another account',
      file([pool()], { account: '210987654321' }),
      `pools[0].certificate is "${CERTIFICATE}" (file caravan.json), expected a certificate of the account 210987654321`,
    ],
    [
      'no object',
      [],
      'The whole content is [] (file caravan.json), expected a section with $schema, name, account, domain, hostedZone, image, pools, standalone, geography, alarms, logs, tags',
    ],
    [
      'the tag that tells nothing',
      file([pool()], { image: { repository: '123456789012.dkr.ecr.{region}.amazonaws.com/caravan', tag: 'latest' } }),
      `image.tag is "latest" (file caravan.json), expected a tag other than 'latest'`,
    ],
  ])('%s', (_, written, complaint) => {
    expect(complaints(written)).toEqual([complaint]);
  });

  it('every problem is told at once', () => {
    expect(complaints(file([pool({ region: 'mars', certificate: 'none' })], { name: 'X' }))).toHaveLength(3);
  });
});
