/** Where the queue and the bucket are, and the clients that reach them. */
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';

export interface SqsPlace {
  /** `https://sqs.eu-central-1.amazonaws.com/123456789012/caravan-outbox`; with `http:` it is a stand-in, for the bucket too. */
  readonly queueUrl: string;
  /** For bodies that are too large for the queue. Without it such mail is not queued. */
  readonly bucket?: string;
}

export interface SqsClients {
  readonly sqs: SQSClient;
  readonly s3: S3Client;
}

const CONNECT_MS = 1_000;
const REQUEST_MS = 3_000;
const UPLOAD_MS = 15_000;
const ATTEMPTS = 2;
const STAND_IN = { region: 'us-east-1', credentials: { accessKeyId: 'caravan', secretAccessKey: 'caravan' } };

export function createClients({ queueUrl }: SqsPlace): SqsClients {
  const { protocol, hostname, origin } = new URL(queueUrl);
  const region = /^sqs\.([a-z0-9-]+)\./.exec(hostname)?.[1];
  const place = protocol === 'http:' ? { ...STAND_IN, endpoint: origin } : region === undefined ? {} : { region };
  const common = { ...place, maxAttempts: ATTEMPTS };
  const handler = (requestTimeout: number) => ({
    connectionTimeout: CONNECT_MS,
    requestTimeout,
    throwOnRequestTimeout: true,
  });
  return {
    // The address of the service as the environment has it (AWS_ENDPOINT_URL), not the one in the queue's name.
    sqs: new SQSClient({ ...common, useQueueUrlAsEndpoint: false, requestHandler: handler(REQUEST_MS) }),
    s3: new S3Client({ ...common, forcePathStyle: protocol === 'http:', requestHandler: handler(UPLOAD_MS) }),
  };
}
