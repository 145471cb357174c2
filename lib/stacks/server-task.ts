/** One server as a task: one process on one processor, which writes nowhere but in its data directory. */
import { Duration, Size, Validations } from 'aws-cdk-lib';
import {
  type ContainerImage,
  CpuArchitecture,
  FargateTaskDefinition,
  LogDrivers,
  AwsLogDriverMode,
  OperatingSystemFamily,
  Secret as TaskSecret,
  UlimitName,
  type Volume,
} from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { DATA_DIRECTORY, PEER_PORT, SERVER_PORT } from '../topology/index.ts';

export interface ServerTaskProps {
  readonly image: ContainerImage;
  /** Settings by their variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** By variable, the ARN of the secret that is its value. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Secrets of the stack's own, by variable. */
  readonly ownSecrets?: Readonly<Record<string, ISecret>>;
  /** The data directory; default: a disk that ends with the task. */
  readonly data?: Omit<Volume, 'name'>;
  readonly logs: ILogGroup;
}

/** One process uses one processor; memory is for held requests and connections to mailboxes. */
const CPU_UNITS = 1024;
const MEMORY_MIB = 4096;
/** Fargate's longest: the drain fits into it (lib/topology/deployment/server-environment.ts). */
const STOP_TIMEOUT = Duration.seconds(120);
/** Each waiting device is one, each connection to a mailbox another. */
const FILE_DESCRIPTORS = 262_144;
/** The user `node` of the image. */
const USER = '1000:1000';

export class ServerTask extends Construct {
  readonly definition: FargateTaskDefinition;

  constructor(scope: Construct, id: string, props: ServerTaskProps) {
    super(scope, id);
    const { image, variables, secrets, ownSecrets = {}, data = {}, logs } = props;
    const executionRole = new Role(this, 'Starter', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      description: 'What it takes to start a task: its image, its secrets, its log',
    });
    this.definition = new FargateTaskDefinition(this, 'Definition', {
      cpu: CPU_UNITS,
      memoryLimitMiB: MEMORY_MIB,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
      executionRole,
      volumes: [{ name: 'data', ...data }],
    });
    const container = this.definition.addContainer('server', {
      image,
      environment: { ...variables },
      secrets: Object.fromEntries(
        [...Object.entries(ownSecrets), ...this.#given(secrets)].map(([name, secret]) => [
          name,
          TaskSecret.fromSecretsManager(secret),
        ]),
      ),
      portMappings: [{ containerPort: SERVER_PORT }, { containerPort: PEER_PORT }],
      logging: LogDrivers.awsLogs({
        logGroup: logs,
        streamPrefix: 'server',
        // A log that cannot be written must not hold up devices.
        mode: AwsLogDriverMode.NON_BLOCKING,
        maxBufferSize: Size.mebibytes(25),
      }),
      readonlyRootFilesystem: true,
      user: USER,
      stopTimeout: STOP_TIMEOUT,
    });
    container.addMountPoints({ sourceVolume: 'data', containerPath: DATA_DIRECTORY, readOnly: false });
    container.addUlimits({ name: UlimitName.NOFILE, softLimit: FILE_DESCRIPTORS, hardLimit: FILE_DESCRIPTORS });
    this.#acknowledge(executionRole);
  }

  #given(secrets: Readonly<Record<string, string>>): [string, ISecret][] {
    return Object.entries(secrets).map(([name, arn]) => [name, Secret.fromSecretCompleteArn(this, name, arn)]);
  }

  #acknowledge(executionRole: Role): void {
    Validations.of(this.definition).acknowledge({
      id: 'AwsSolutions-ECS2',
      reason: 'Its variables are settings, none of them secret: passwords and keys come from Secrets Manager.',
    });
    Validations.of(executionRole).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'ecr:GetAuthorizationToken has no resource: AWS takes the wildcard alone.',
    });
  }
}
