/** The SDK's client as this store needs it: connections are kept, and nothing is tried again behind our back. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/** One connection carries one request at a time; more wait for one to be free, and their time runs. */
const CONNECTIONS = 64;
/** Both the region and the credentials are the stand-in's affair alone: any will do, and none of the machine's are sent. */
const STAND_IN = { region: 'us-east-1', credentials: { accessKeyId: 'caravan', secretAccessKey: 'caravan' } };

export interface DynamoPlace {
  readonly table: string;
  /** The address of a stand-in or of a VPC endpoint, `http://127.0.0.1:8000`. Default: the service's own in the region. */
  readonly endpoint?: string;
  /** Default: the environment's or the profile's. */
  readonly region?: string;
  /** Default: `AWS_…` of the environment, the profile, the role of the task or machine. */
  readonly credentials?: DynamoDBClientConfig['credentials'];
}

export function createClient({ endpoint, region, credentials }: DynamoPlace): DynamoDBClient {
  const isStandIn = endpoint?.startsWith('http:') === true;
  const agent = { keepAlive: true, maxSockets: CONNECTIONS };
  return new DynamoDBClient({
    ...(isStandIn && STAND_IN),
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(credentials !== undefined && { credentials }),
    maxAttempts: 1,
    retryMode: 'standard',
    endpointDiscoveryEnabled: false,
    requestHandler: { httpAgent: agent, httpsAgent: agent },
  });
}
