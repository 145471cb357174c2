/** The network: public subnets for the sprayer alone, private ones for servers, one of each in every zone; or one that is there. */
import { Validations } from 'aws-cdk-lib';
import {
  CfnEIP,
  CfnNatGateway,
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { NetworkTopology } from '../topology/index.ts';

export interface NetworkProps {
  readonly network: NetworkTopology;
  readonly zones: readonly string[];
  /** Whether servers send traces. */
  readonly hasTraces: boolean;
  /** Where flow logs are kept. */
  readonly logs: IBucket;
}

const HTTPS = Port.tcp(443);

/** What servers and functions in the network speak to; the database and the buckets have gateways, which cost nothing. */
const SERVICES = {
  images: InterfaceVpcEndpointAwsService.ECR,
  'image-layers': InterfaceVpcEndpointAwsService.ECR_DOCKER,
  logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  secrets: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  queues: InterfaceVpcEndpointAwsService.SQS,
} as const;

export class Network extends Construct {
  readonly vpc: IVpc;
  /** Where servers are, and functions that speak to what is in the network. */
  readonly privateSubnets: SubnetSelection;

  constructor(scope: Construct, id: string, { network, zones, hasTraces, logs }: NetworkProps) {
    super(scope, id);
    const isIsolated = network.kind === 'new' && network.egress === 'endpoints';
    const privateType = isIsolated ? SubnetType.PRIVATE_ISOLATED : SubnetType.PRIVATE_WITH_EGRESS;
    this.privateSubnets = { subnetType: privateType };
    if (network.kind === 'existing') {
      this.vpc = Vpc.fromVpcAttributes(this, 'Vpc', {
        vpcId: network.vpc,
        vpcCidrBlock: network.cidr,
        availabilityZones: [...zones],
        publicSubnetIds: [...network.publicSubnets],
        privateSubnetIds: [...network.privateSubnets],
      });
      return;
    }
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(network.cidr),
      maxAzs: zones.length,
      natGateways: isIsolated ? 0 : zones.length,
      subnetConfiguration: [
        { name: 'sprayer', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
        { name: 'servers', subnetType: privateType },
      ],
    });
    if (network.natAddresses > 1) addNatAddresses(vpc, network.natAddresses);
    Validations.of(vpc).acknowledge({
      id: 'CloudFormation-Validate::W3010',
      reason: 'The zones are named in the file, so that nothing need be looked up and no subnet ever moves.',
    });
    vpc.addFlowLog('Flows', {
      destination: FlowLogDestination.toS3(logs, 'flows'),
      trafficType: FlowLogTrafficType.ALL,
    });
    vpc.addGatewayEndpoint('Tables', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    vpc.addGatewayEndpoint('Buckets', { service: GatewayVpcEndpointAwsService.S3 });
    if (isIsolated) addInterfaceEndpoints(vpc, network.cidr, hasTraces);
    this.vpc = vpc;
  }
}

/** Each gateway has its first from the network itself. */
function addNatAddresses(vpc: Vpc, addresses: number): void {
  for (const gateway of vpc.node.findAll().filter((it) => it instanceof CfnNatGateway)) {
    const further = Array.from(
      { length: addresses - 1 },
      (_, index) => new CfnEIP(gateway, `Address${index + 2}`, { domain: 'vpc' }),
    );
    gateway.secondaryAllocationIds = further.map(({ attrAllocationId }) => attrAllocationId);
  }
}

function addInterfaceEndpoints(vpc: Vpc, cidr: string, hasTraces: boolean): void {
  const group = new SecurityGroup(vpc, 'EndpointGroup', {
    vpc,
    description: 'Endpoints of AWS services, from within the network',
    allowAllOutbound: false,
  });
  group.addIngressRule(Peer.ipv4(cidr), HTTPS, 'from within the network');
  const services = { ...SERVICES, ...(hasTraces && { traces: InterfaceVpcEndpointAwsService.XRAY }) };
  for (const [name, service] of Object.entries(services))
    vpc.addInterfaceEndpoint(name, { service, securityGroups: [group], open: false });
}
