/** The single entry point, which knows nothing of users: HTTPS in, every server that is ready behind it. */
import { Duration, Validations } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Peer, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  type ApplicationTargetGroup,
  type IApplicationLoadBalancerTarget,
  ListenerAction,
  Protocol,
  SslPolicy,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { IDLE_TIMEOUT_SECONDS, SERVER_PORT } from '../topology/index.ts';
import { Firewall } from './firewall.ts';
import type { Network } from './network.ts';

export interface SprayerProps {
  readonly network: Network;
  /** The ARN of the certificate of the name that phones are given. */
  readonly certificate: string;
  /** Where access logs are kept. */
  readonly logs: IBucket;
  readonly firewall?: { readonly requestsPerFiveMinutes: number } | undefined;
  /** How long what a leaving server holds may go on: then connections are cut, and ECS sends SIGTERM. */
  readonly deregistrationSeconds: number;
}

/** A server that was just added gets its share little by little: its caches are cold. */
const SLOW_START = Duration.seconds(60);

export class Sprayer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly targets: ApplicationTargetGroup;

  constructor(
    scope: Construct,
    id: string,
    { network, certificate, logs, firewall, deregistrationSeconds }: SprayerProps,
  ) {
    super(scope, id);
    const { vpc } = network;
    const group = new SecurityGroup(this, 'Group', {
      vpc,
      description: 'Phones, to the sprayer; the sprayer, to the servers',
      allowAllOutbound: false,
    });
    group.addIngressRule(Peer.anyIpv4(), Port.tcp(443), 'phones');
    group.addIngressRule(Peer.anyIpv4(), Port.tcp(80), 'redirected to HTTPS');
    Validations.of(group).acknowledge({
      id: 'AwsSolutions-EC23',
      reason: 'The front door: phones come from everywhere. Servers are reached through it alone.',
    });
    this.loadBalancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      internetFacing: true,
      securityGroup: group,
      idleTimeout: Duration.seconds(IDLE_TIMEOUT_SECONDS),
      dropInvalidHeaderFields: true,
    });
    this.loadBalancer.logAccessLogs(logs, 'requests');
    this.loadBalancer.addListener('Plain', {
      port: 80,
      open: false,
      defaultAction: ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
    });
    const door = this.loadBalancer.addListener('Door', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      sslPolicy: SslPolicy.RECOMMENDED_TLS,
      certificates: [Certificate.fromCertificateArn(this, 'Certificate', certificate)],
      open: false,
    });
    this.targets = door.addTargets('Servers', {
      port: SERVER_PORT,
      protocol: ApplicationProtocol.HTTPS,
      deregistrationDelay: Duration.seconds(deregistrationSeconds),
      slowStart: SLOW_START,
      healthCheck: {
        protocol: Protocol.HTTPS,
        path: '/ready',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
      },
    });
    if (firewall) new Firewall(this, 'Firewall', { loadBalancer: this.loadBalancer, ...firewall });
  }

  addServers(servers: IApplicationLoadBalancerTarget): void {
    this.targets.addTarget(servers);
  }
}
