/** The names under which phones find a place, where its zone is one of Route 53. */
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import type { PlaceTopology, Topology } from '../topology/index.ts';
import type { Sprayer } from './sprayer.ts';

export interface NamesProps {
  readonly zone: NonNullable<Topology['hostedZone']>;
  readonly place: PlaceTopology;
  readonly sprayer: Sprayer;
}

export class Names extends Construct {
  constructor(scope: Construct, id: string, { zone: { id: hostedZoneId, name }, place, sprayer }: NamesProps) {
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
  }
}
