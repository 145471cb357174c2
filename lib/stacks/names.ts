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
  /** One name for all regions, that leads to the nearest of those that serve. */
  readonly shared?: string | undefined;
  readonly sprayer: Sprayer;
}

export class Names extends Construct {
  constructor(scope: Construct, id: string, { zone: { id: hostedZoneId, name }, place, shared, sprayer }: NamesProps) {
    super(scope, id);
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId, zoneName: name });
    const target = RecordTarget.fromAlias(new LoadBalancerTarget(sprayer.loadBalancer, { evaluateTargetHealth: true }));
    new ARecord(this, 'Host', { zone, recordName: `${place.host}.`, target });
    if (place.autodiscover)
      new ARecord(this, 'Autodiscover', {
        zone,
        recordName: `autodiscover.${place.mail.domain.toLowerCase()}.`,
        target,
      });
    if (shared !== undefined) {
      // What /ready answers is the servers' own word; the load balancer, with no server ready, would send to any.
      const healthCheck = new HealthCheck(this, 'Health', {
        type: HealthCheckType.HTTPS,
        fqdn: place.host,
        resourcePath: '/ready',
        requestInterval: Duration.seconds(30),
        failureThreshold: 3,
      });
      new ARecord(this, 'Nearest', {
        zone,
        recordName: `${shared}.`,
        target,
        region: place.region,
        setIdentifier: place.id,
        healthCheck,
      });
    }
  }
}
