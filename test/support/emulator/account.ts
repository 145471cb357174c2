/** What an administrator has before the first `cdk deploy` (docs/deploy.md, "Before"), made in the emulator for a `caravan.json`. */
import { ACMClient, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Moto } from './moto.ts';

/** Of the file, as it is written. */
interface Written {
  readonly domain: string;
  readonly hostedZone?: { readonly id: string; readonly name: string };
  readonly pools?: readonly WrittenPlace[];
  readonly standalone?: readonly WrittenPlace[];
}

interface WrittenPlace {
  readonly name: string;
  readonly region: string;
  readonly zones: readonly string[];
  readonly network: { readonly cidr: string; readonly vpc?: string };
}

export interface Prepared<File> {
  /** With the names of what was made for it, in place of those that its author made up. */
  readonly file: File;
  /** Of the hosted zone. The file keeps the one that it had: moto's do not begin with a Z, as those of Route 53 do. */
  readonly zoneId: string;
}

export async function prepareAccount<File extends Written>(moto: Moto, file: File): Promise<Prepared<File>> {
  const prepare = (places: readonly WrittenPlace[] = []) =>
    Promise.all(places.map((place) => preparePlace(moto, file, place)));
  const prepared = { ...file, pools: await prepare(file.pools), standalone: await prepare(file.standalone) };
  const route53 = new Route53Client(moto.client('us-east-1'));
  const { HostedZone } = await route53.send(
    new CreateHostedZoneCommand({ Name: file.hostedZone?.name ?? file.domain, CallerReference: file.domain }),
  );
  return { file: prepared, zoneId: HostedZone?.Id?.split('/').at(-1) ?? '' };
}

async function preparePlace(
  moto: Moto,
  file: Written,
  place: WrittenPlace,
): Promise<WrittenPlace & { certificate?: string }> {
  const certificates = new ACMClient(moto.client(place.region));
  const { CertificateArn } = await certificates.send(
    new RequestCertificateCommand({ DomainName: `${place.name}.${file.domain}` }),
  );
  const network = place.network.vpc === undefined ? place.network : await makeNetwork(moto, place);
  const made = await withSecrets(new SecretsManagerClient(moto.client(place.region)), place);
  return { ...(made as WrittenPlace), certificate: CertificateArn, network };
}

/** Every ARN of a secret in it is made one of a secret that is there. */
async function withSecrets(secrets: SecretsManagerClient, value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((it) => withSecrets(secrets, it)));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(async ([name, it]) => [name, await withSecrets(secrets, it)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }
  const name = /^arn:aws:secretsmanager:[^:]+:\d+:secret:(.+)-\w{6}$/.exec(String(value))?.[1];
  if (name === undefined) return value;
  const SecretString = name.includes('canary')
    ? JSON.stringify({ user: 'canary@example.org', password: 'canary-pass' })
    : `${name}-pass`;
  return (await secrets.send(new CreateSecretCommand({ Name: name, SecretString }))).ARN;
}

async function makeNetwork(moto: Moto, { region, zones, network: { cidr } }: WrittenPlace) {
  const ec2 = new EC2Client(moto.client(region));
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: cidr }));
  const vpc = Vpc?.VpcId ?? '';
  const [first, second] = cidr.split('.');
  const subnet = async (third: number, zone: string): Promise<string> => {
    const CidrBlock = `${first}.${second}.${third}.0/24`;
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: vpc, AvailabilityZone: zone, CidrBlock }));
    return Subnet?.SubnetId ?? '';
  };
  return {
    cidr,
    vpc,
    publicSubnets: await Promise.all(zones.map((zone, index) => subnet(index, zone))),
    privateSubnets: await Promise.all(zones.map((zone, index) => subnet(100 + index, zone))),
  };
}
