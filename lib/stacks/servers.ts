/** The servers of a pool: equal tasks, spread over the zones, replaced one by one, as many as their users need. */
import { Duration, Names } from 'aws-cdk-lib';
import { CfnScalingPolicy, type ScalableTarget } from 'aws-cdk-lib/aws-applicationautoscaling';
import { Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  AvailabilityZoneRebalancing,
  Cluster,
  type ContainerImage,
  ContainerInsights,
  FargateService,
  PropagatedTagSource,
  type ScalableTaskCount,
} from 'aws-cdk-lib/aws-ecs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { PEER_PORT, type PoolTopology } from '../topology/index.ts';
import { Administration } from './administration.ts';
import type { PoolMetrics } from './monitoring/pool-metrics.ts';
import type { Network } from './network.ts';
import { ServerTask } from './server-task.ts';
import type { Sprayer } from './sprayer.ts';

export interface ServersProps {
  readonly network: Network;
  readonly sprayer: Sprayer;
  readonly metrics: PoolMetrics;
  readonly image: ContainerImage;
  readonly size: PoolTopology['size'];
  readonly placement: PoolTopology['placement'];
  readonly variables: Readonly<Record<string, string>>;
  /** By variable, the ARN of a secret. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What proves to servers of the pool that they are. */
  readonly poolKey: ISecret;
  /** Undefined: no administrator reaches them. */
  readonly administration: PoolTopology['administration'];
  readonly logs: ILogGroup;
}

/** From the start of a task to its first answer on `/ready`. */
const GRACE = Duration.seconds(90);
/** Users move to a new server within minutes; what it changes must be seen before the next is added, or one is taken away. */
const SCALE_OUT_COOLDOWN = Duration.minutes(3);
const SCALE_IN_COOLDOWN = Duration.minutes(15);

export class Servers extends Construct {
  readonly cluster: Cluster;
  readonly service: FargateService;
  readonly task: ServerTask;

  constructor(scope: Construct, id: string, props: ServersProps) {
    super(scope, id);
    const { network, sprayer, image, variables, secrets, poolKey, logs } = props;
    const { vpc } = network;
    const group = new SecurityGroup(this, 'Group', {
      vpc,
      description: 'Servers: from the sprayer, and from each other',
    });
    group.addIngressRule(group, Port.tcp(PEER_PORT), 'from each other');
    const administration =
      props.administration && new Administration(scope, 'Administration', { ...props.administration, group });
    this.cluster = new Cluster(this, 'Cluster', { vpc, containerInsightsV2: ContainerInsights.ENABLED });
    this.task = new ServerTask(this, 'Task', {
      image,
      variables,
      secrets,
      ownSecrets: { CARAVAN_POOL_KEY: poolKey, ...administration?.secrets },
      logs,
    });
    this.service = new FargateService(this, 'Service', {
      cluster: this.cluster,
      taskDefinition: this.task.definition,
      // No count of its own: each deployment would set a pool that has grown back to it. The scalable target makes it the least.
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      availabilityZoneRebalancing: AvailabilityZoneRebalancing.ENABLED,
      assignPublicIp: false,
      vpcSubnets: network.privateSubnets,
      securityGroups: [group],
      healthCheckGracePeriod: GRACE,
      propagateTags: PropagatedTagSource.SERVICE,
    });
    sprayer.addServers(this.service);
    this.#scale(props);
  }

  /** Both are followed: servers are added when one asks for it, and taken away when both allow it. */
  #scale({ metrics, size, placement }: ServersProps): void {
    const count = this.service.autoScaleTaskCount({ minCapacity: size.min, maxCapacity: size.max });
    const cooldowns = { scaleInCooldown: SCALE_IN_COOLDOWN, scaleOutCooldown: SCALE_OUT_COOLDOWN };
    count.scaleToTrackCustomMetric('Users', {
      metric: metrics.usersPerServer,
      targetValue: placement.usersPerServer,
      ...cooldowns,
    });
    this.#followAvailability(count, metrics, 100 - placement.leastAvailabilityIndex);
  }

  /** Followed figures must fall as servers are added: how far the index is from that of an idle server does. */
  #followAvailability(count: ScalableTaskCount, metrics: PoolMetrics, targetValue: number): void {
    const {
      namespace,
      metricName,
      dimensions = [],
      statistic,
    } = metrics.availabilityIndex.toMetricConfig().metricStat ?? {};
    const policy = new CfnScalingPolicy(this, 'Availability', {
      policyName: `${Names.uniqueResourceName(this, {})}Availability`,
      policyType: 'TargetTrackingScaling',
      // What CDK has as its reference is this id in place of the service's, which AWS knows no target by.
      scalingTargetId: (count.node.findChild('Target') as ScalableTarget).scalableTargetId,
      targetTrackingScalingPolicyConfiguration: {
        targetValue,
        scaleInCooldown: SCALE_IN_COOLDOWN.toSeconds(),
        scaleOutCooldown: SCALE_OUT_COOLDOWN.toSeconds(),
        customizedMetricSpecification: {
          metrics: [
            { id: 'distance', expression: '100 - index', label: 'distance from idle', returnData: true },
            {
              id: 'index',
              returnData: false,
              metricStat: {
                stat: String(statistic),
                metric: {
                  namespace,
                  metricName,
                  dimensions: dimensions.map(({ name, value }) => ({ name, value: String(value) })),
                },
              },
            },
          ],
        },
      },
    });
    policy.node.addDependency(count);
  }
}
