/** A server alone: one task, whose database is on a file system that outlives it and that two never write to. */
import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  AvailabilityZoneRebalancing,
  Cluster,
  ContainerInsights,
  FargateService,
  PropagatedTagSource,
} from 'aws-cdk-lib/aws-ecs';
import { AccessPoint, FileSystem, PerformanceMode, ThroughputMode } from 'aws-cdk-lib/aws-efs';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { serverEnvironment, type StandaloneTopology } from '../topology/index.ts';
import { Administration } from './administration.ts';
import { createLogBucket } from './log-bucket.ts';
import { AlarmBoard } from './monitoring/alarm-board.ts';
import { PoolMetrics } from './monitoring/pool-metrics.ts';
import { Queries } from './monitoring/queries.ts';
import { SprayerMetrics } from './monitoring/sprayer-metrics.ts';
import { StandaloneDashboard } from './monitoring/standalone-dashboard.ts';
import { Names } from './names.ts';
import { Network } from './network.ts';
import { PlaceStack, type PlaceStackProps } from './place-stack.ts';
import { retentionOf } from './retention.ts';
import { allowTraces } from './rights.ts';
import { serverImage } from './server-image.ts';
import { ServerTask } from './server-task.ts';
import { Sprayer } from './sprayer.ts';

/** The user `node` of the image. */
const USER = { uid: '1000', gid: '1000' } as const;
/** There is no other server to which new requests could go meanwhile: as long as most of what is under way takes. */
const DEREGISTRATION_SECONDS = 10;

export class StandaloneStack extends PlaceStack {
  constructor(scope: Construct, props: PlaceStackProps<StandaloneTopology>) {
    const { topology, place, bundles } = props;
    super(scope, props, `Caravan: the standalone server ${place.name} of ${topology.domain}`);
    const retention = retentionOf(topology);
    const key = new Key(this, 'Key', {
      description: `Caravan: the database and the alarms of ${place.id}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const logs = createLogBucket(this, 'Logs', topology.logs.retentionDays);
    const hasTraces = place.traces !== undefined;
    const network = new Network(this, 'Network', { network: place.network, zones: place.zones, hasTraces, logs });
    const sprayer = new Sprayer(this, 'Sprayer', {
      network,
      certificate: place.certificate,
      logs,
      firewall: place.firewall,
      deregistrationSeconds: DEREGISTRATION_SECONDS,
    });
    const serverLogs = new LogGroup(this, 'ServerLogs', { retention, removalPolicy: RemovalPolicy.DESTROY });
    const database = new Database(this, 'Database', { network, key });
    const { variables, secrets } = serverEnvironment(topology, place, { table: '' });
    const group = new SecurityGroup(this, 'Group', { vpc: network.vpc, description: 'The server: from the sprayer' });
    const administration =
      place.administration && new Administration(this, 'Administration', { ...place.administration, group });
    const task = new ServerTask(this, 'Task', {
      image: serverImage(this, topology.image, bundles),
      variables,
      secrets,
      ...(administration && { ownSecrets: administration.secrets }),
      data: {
        efsVolumeConfiguration: {
          fileSystemId: database.fileSystem.fileSystemId,
          transitEncryption: 'ENABLED',
          authorizationConfig: { accessPointId: database.directory.accessPointId, iam: 'ENABLED' },
        },
      },
      logs: serverLogs,
    });
    if (hasTraces) allowTraces(task.definition.taskRole);
    database.grantUse(task.definition.taskRole);
    const cluster = new Cluster(this, 'Cluster', { vpc: network.vpc, containerInsightsV2: ContainerInsights.ENABLED });
    const service = new FargateService(this, 'Service', {
      cluster,
      taskDefinition: task.definition,
      desiredCount: 1,
      // The old task ends before the new one begins: there is one writer, or none.
      minHealthyPercent: 0,
      maxHealthyPercent: 100,
      // Of services that say nothing ECS moves tasks by starting another first.
      availabilityZoneRebalancing: AvailabilityZoneRebalancing.DISABLED,
      circuitBreaker: { enable: true, rollback: true },
      assignPublicIp: false,
      vpcSubnets: network.privateSubnets,
      securityGroups: [group],
      propagateTags: PropagatedTagSource.SERVICE,
    });
    database.fileSystem.connections.allowDefaultPortFrom(service, 'the server');
    // Mounted when a task starts: the ways to it must be there by then.
    service.node.addDependency(database.fileSystem.mountTargetsAvailable);
    sprayer.addServers(service);
    const { hostedZone, domain } = topology;
    if (hostedZone) new Names(this, 'Names', { zone: hostedZone, place, domain, sprayer });
    const board = new AlarmBoard(this, 'Alarms', { key, email: topology.alarms.email });
    const figures = { server: new PoolMetrics(place.id), sprayer: new SprayerMetrics(sprayer) };
    board.add('ReadyServers', {
      metric: figures.sprayer.readyServers,
      description:
        'The server has not been ready for five minutes: devices are not served. Look at the stopped tasks of the service and at the log of the server.',
      threshold: 1,
      isBelow: true,
      minutes: 5,
      isBadIfMissing: true,
    });
    const files = database.fileSystem;
    new StandaloneDashboard(this, 'Dashboard', { ...figures, files, name: place.id, alarms: board.alarms });
    new Queries(this, 'Queries', { folder: place.id, logs: serverLogs });
    new CfnOutput(this, 'Url', { value: `https://${place.host}` });
    new CfnOutput(this, 'LoadBalancer', { value: sprayer.loadBalancer.loadBalancerDnsName });
    new CfnOutput(this, 'ClusterName', { value: cluster.clusterName });
    new CfnOutput(this, 'ServiceName', { value: service.serviceName });
  }
}

interface DatabaseProps {
  readonly network: Network;
  readonly key: Key;
}

/** A directory that is in every zone of the network. */
class Database extends Construct {
  readonly fileSystem: FileSystem;
  readonly directory: AccessPoint;

  constructor(scope: Construct, id: string, { network, key }: DatabaseProps) {
    super(scope, id);
    const group = new SecurityGroup(this, 'Group', {
      vpc: network.vpc,
      description: 'The database: from the server',
      allowAllOutbound: false,
    });
    this.fileSystem = new FileSystem(this, 'Files', {
      vpc: network.vpc,
      vpcSubnets: network.privateSubnets,
      securityGroup: group,
      encrypted: true,
      kmsKey: key,
      performanceMode: PerformanceMode.GENERAL_PURPOSE,
      throughputMode: ThroughputMode.ELASTIC,
      enableAutomaticBackups: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.directory = new AccessPoint(this, 'Directory', {
      fileSystem: this.fileSystem,
      path: '/caravan',
      posixUser: USER,
      createAcl: { ownerUid: USER.uid, ownerGid: USER.gid, permissions: '700' },
    });
  }

  grantUse(who: IGrantable): void {
    this.fileSystem.grant(who, 'elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite');
  }
}
