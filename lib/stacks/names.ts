/** The names under which phones find a place, where its zone is one of Route 53. */
import { ARecord, HealthCheck, HealthCheckType, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { Duration } from 'aws-cdk-lib';
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import type { PlaceTopology, Topology } from '../topology/index.ts';
import type { Sprayer } from './sprayer.ts';

export interface NamesProps {
  readonly zone: NonNullable<Topology['hostedZone']>;
  readonly place: PlaceTopology;
  /** The name that phones are given first: of this place, or of all pools, of which it leads to the nearest that serves. */
  readonly domain: string;
  readonly isShared?: boolean;
  readonly sprayer: Sprayer;
}

export class Names extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { zone: { id: hostedZoneId, name }, place, domain, isShared = false, sprayer }: NamesProps,
  ) {
    super(scope, id);
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId, zoneName: name });
    const target = RecordTarget.fromAlias(new LoadBalancerTarget(sprayer.loadBalancer, { evaluateTargetHealth: true }));
    if (place.host !== domain) new ARecord(this, 'Host', { zone, recordName: `${place.host}.`, target });
    if (place.autodiscover)
      new ARecord(this, 'Autodiscover', {
        zone,
        recordName: `autodiscover.${place.mail.domain.toLowerCase()}.`,
        target,
      });
    if (!isShared && place.host !== domain) return;
    // One of several from the start: beside a simple record Route 53 takes no latency record of the same name (ResourceRecordSet,
    // Region), and CloudFormation makes the new before it takes the old away, so that none could become the other.
    new ARecord(this, 'Nearest', {
      zone,
      recordName: `${domain}.`,
      target,
      region: place.region,
      setIdentifier: place.id,
      ...(isShared && { healthCheck: this.#health(place) }),
    });
  }

  /** What /ready answers is the servers' own word; the load balancer, with no server ready, would send to any. */
  #health({ host: fqdn }: PlaceTopology): HealthCheck {
    return new HealthCheck(this, 'Health', {
      type: HealthCheckType.HTTPS,
      fqdn,
      resourcePath: '/ready',
      requestInterval: Duration.seconds(30),
      failureThreshold: 3,
    });
  }
}
