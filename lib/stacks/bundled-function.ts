/** A function as it is shipped: one bundle, its own log group, and no right but those that it is given. */
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, type IEventSource, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { join } from 'node:path';
import type { Network } from './network.ts';

export interface BundledFunctionProps {
  /** Where the bundles are; this one's is the folder `name` within. */
  readonly bundles: string;
  readonly name: string;
  readonly description: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly retention: RetentionDays;
  /** Only where it speaks to what is in there. */
  readonly network?: Network | undefined;
}

/** Memory is also the share of a processor: with less, a cold start takes longer. */
const MEMORY_MIB = 512;

export class BundledFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    const { bundles, name, description, environment, timeoutSeconds, retention, network } = props;
    const logGroup = new LogGroup(scope, `${id}Logs`, { retention, removalPolicy: RemovalPolicy.DESTROY });
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    if (network) allowNetworkInterfaces(role);
    super(scope, id, {
      description,
      code: Code.fromAsset(join(bundles, name)),
      handler: 'main.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: MEMORY_MIB,
      timeout: Duration.seconds(timeoutSeconds),
      environment,
      logGroup,
      role,
      ...(network && { vpc: network.vpc, vpcSubnets: network.privateSubnets }),
    });
  }

  takes(source: IEventSource): void {
    this.addEventSource(source);
  }
}

/** What AWSLambdaVPCAccessExecutionRole allows, less the logs. */
function allowNetworkInterfaces(role: Role): void {
  role.addToPolicy(
    new PolicyStatement({
      actions: [
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ],
      resources: ['*'],
    }),
  );
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: "Lambda's network interfaces have no ARN before they are made: AWS documents the wildcard for them.",
  });
}
