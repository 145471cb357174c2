/** One pool in one region: everything that it takes, and nothing that another pool shares. */
import { CfnOutput, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { type PoolTopology, serverEnvironment, stateTable } from '../topology/index.ts';
import { AlarmBoard } from './monitoring/alarm-board.ts';
import { addPoolAlarms } from './monitoring/pool-alarms.ts';
import { PoolDashboard } from './monitoring/pool-dashboard.ts';
import { PoolMetrics } from './monitoring/pool-metrics.ts';
import { Queries } from './monitoring/queries.ts';
import { SprayerMetrics } from './monitoring/sprayer-metrics.ts';
import { StoreMetrics } from './monitoring/store-metrics.ts';
import { createLogBucket } from './log-bucket.ts';
import { grantHomes, grantOtherPools } from './geography-stack.ts';
import { Names } from './names.ts';
import { Network } from './network.ts';
import { Outbox } from './outbox.ts';
import { PlaceStack, type PlaceStackProps } from './place-stack.ts';
import { retentionOf } from './retention.ts';
import { allowTraces } from './rights.ts';
import { Balancer, Canary, TaskStopped } from './schedules.ts';
import { serverImage } from './server-image.ts';
import { Servers } from './servers.ts';
import { Sprayer } from './sprayer.ts';
import { Store } from './store.ts';

const KEY_CHARACTERS = 44;
/** The drain begins with this delay and fits into it (functions/task-stopped). */
const DEREGISTRATION_SECONDS = 120;

export class PoolStack extends PlaceStack {
  constructor(scope: Construct, props: PlaceStackProps<PoolTopology>) {
    const { topology, place, bundles } = props;
    super(scope, props, `Caravan: the pool ${place.name} of ${topology.domain}`);
    const retention = retentionOf(topology);
    const key = new Key(this, 'Key', {
      description: `Caravan: the table, the outbox and the alarms of ${place.id}`,
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
    const store = new Store(this, 'Store', {
      key,
      tableName: stateTable(place),
      isExisting: place.table !== undefined,
      isShared: topology.geography !== undefined,
      replicas: topology.pools.filter(({ name }) => name === place.failOverTo).map(({ region }) => region),
    });
    const { tableName } = store.table;
    const { variables, secrets } = serverEnvironment(topology, place, { table: tableName });
    const common = { bundles, retention, environment: { CARAVAN_TABLE: tableName, CARAVAN_POOL: place.id } };
    // Where users submit with their own passwords nobody else can: their devices keep what is not taken.
    const outbox =
      place.mail.smtp.authentication === 'user'
        ? undefined
        : new Outbox(this, 'Outbox', {
            ...common,
            environment: { ...common.environment, ...submissionVariables(variables) },
            key,
            store,
            network,
            logs,
            passwordSecret: place.mail.smtp.passwordSecret,
          });
    const pool = new PoolMetrics(place.id);
    const serverLogs = new LogGroup(this, 'ServerLogs', { retention, removalPolicy: RemovalPolicy.DESTROY });
    const servers = new Servers(this, 'Servers', {
      network,
      sprayer,
      metrics: pool,
      image: serverImage(this, topology.image, bundles),
      size: place.size,
      placement: place.placement,
      variables: {
        ...variables,
        ...(outbox && {
          CARAVAN_OUTBOX_QUEUE_URL: outbox.queue.queueUrl,
          CARAVAN_OUTBOX_BUCKET: outbox.bucket.bucketName,
        }),
      },
      secrets,
      poolKey: this.#poolKey(),
      administration: place.administration,
      logs: serverLogs,
    });
    if (hasTraces) allowTraces(servers.task.definition.taskRole);
    store.grantServe(servers.task.definition.taskRole);
    grantHomes(servers.task.definition.taskRole, topology, place);
    grantOtherPools(servers.task.definition.taskRole, topology, place);
    outbox?.grantSend(servers.task.definition.taskRole);

    const balancer = new Balancer(this, 'Balancer', { ...common, store });
    const taskStopped = new TaskStopped(this, 'TaskStopped', { ...common, store, servers });
    const canary =
      place.canary && new Canary(this, 'Canary', { ...common, ...place.canary, url: `https://${place.host}` });
    const { hostedZone, domain, geography } = topology;
    if (hostedZone)
      new Names(this, 'Names', { zone: hostedZone, place, domain, isShared: geography !== undefined, sprayer });

    const figures = { pool, sprayer: new SprayerMetrics(sprayer), store: new StoreMetrics(store.table) };
    const watched = { ...figures, outbox, taskStopped, hasCanary: canary !== undefined };
    const board = new AlarmBoard(this, 'Alarms', { key, email: topology.alarms.email });
    addPoolAlarms(board, watched);
    new PoolDashboard(this, 'Dashboard', { ...watched, name: place.id, alarms: board.alarms });
    new Queries(this, 'Queries', { folder: place.id, logs: serverLogs });

    this.#tell({
      Url: `https://${place.host}`,
      LoadBalancer: sprayer.loadBalancer.loadBalancerDnsName,
      Table: tableName,
      Cluster: servers.cluster.clusterName,
      Service: servers.service.serviceName,
      ...(outbox && {
        OutboxQueue: outbox.queue.queueUrl,
        OutboxDeadLetters: outbox.deadLetters.queueUrl,
        OutboxBucket: outbox.bucket.bucketName,
        OutboxFunction: outbox.submitter.functionName,
      }),
      BalancerFunction: balancer.function.functionName,
      TaskStoppedFunction: taskStopped.function.functionName,
      TaskStoppedQueue: taskStopped.queue.queueUrl,
      ...(canary && { CanaryFunction: canary.function.functionName }),
    });
  }

  #poolKey(): Secret {
    const secret = new Secret(this, 'PoolKey', {
      description:
        'What proves to the servers of the pool that they are: docs/operations-aws.md tells how it is changed',
      generateSecretString: { passwordLength: KEY_CHARACTERS, excludePunctuation: true },
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Servers must know the old key and the new one while it changes: a procedure of docs/operations-aws.md.',
    });
    return secret;
  }

  #tell(outputs: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}

/** What the function that submits mail is told of the mail system: as the servers are. */
const submissionVariables = (variables: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => name.startsWith('CARAVAN_MAIL_')));
