/** Accepted mail on its way where submission fails or is slow: a queue, a bucket for large bodies, the function that submits. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { BundledFunction } from './bundled-function.ts';
import type { Network } from './network.ts';
import { allowKey, allowObjects } from './rights.ts';
import type { Store } from './store.ts';

export interface OutboxProps {
  readonly key: IKey;
  readonly store: Store;
  readonly network: Network;
  /** Where the bucket's access logs are kept. */
  readonly logs: IBucket;
  readonly bundles: string;
  /** The function's settings but the queue's and the bucket's. */
  readonly environment: Readonly<Record<string, string>>;
  /** The ARN of the submission account's password, if there is one. */
  readonly passwordSecret?: string | undefined;
  readonly retention: RetentionDays;
}

const TIMEOUT_SECONDS = 120;
/** AWS asks for six times the function's timeout, so that no message is taken again while it is worked on. */
const VISIBILITY = Duration.seconds(6 * TIMEOUT_SECONDS);
/**
 * What a submission server is to take at once when it is back and a queue waits for it, and so much less than an account's functions
 * (1,000 at once, 10 in a new one) that the others go on.
 */
const SUBMISSIONS_AT_ONCE = 10;
/** The longest that SQS keeps a message. */
const RETENTION = Duration.days(14);
/** A day or more of tries: visibility is prolonged with each. */
const TRIES = 100;
/** After the queue and the dead-letter queue have both given a message up. */
const BODY_EXPIRY = Duration.days(30);

export class Outbox extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly bucket: Bucket;
  readonly submitter: BundledFunction;
  readonly #key: IKey;

  constructor(scope: Construct, id: string, props: OutboxProps) {
    super(scope, id);
    const { key, store, network, logs, bundles, environment, passwordSecret, retention } = props;
    this.#key = key;
    const encryption = { encryption: QueueEncryption.KMS, encryptionMasterKey: key, enforceSSL: true };
    this.deadLetters = new Queue(this, 'DeadLetters', { ...encryption, retentionPeriod: RETENTION });
    this.queue = new Queue(this, 'Queue', {
      ...encryption,
      retentionPeriod: RETENTION,
      visibilityTimeout: VISIBILITY,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: TRIES },
    });
    this.bucket = new Bucket(this, 'Bodies', {
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      serverAccessLogsBucket: logs,
      serverAccessLogsPrefix: 'bodies/',
      lifecycleRules: [{ expiration: BODY_EXPIRY, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.submitter = new BundledFunction(this, 'Submitter', {
      bundles,
      name: 'outbox',
      description: 'Submits accepted mail whose submission failed or was slow',
      environment: {
        ...environment,
        CARAVAN_OUTBOX_QUEUE_URL: this.queue.queueUrl,
        CARAVAN_OUTBOX_BUCKET: this.bucket.bucketName,
        ...(passwordSecret !== undefined && { CARAVAN_MAIL_SMTP_PASSWORD_SECRET_ARN: passwordSecret }),
      },
      timeoutSeconds: TIMEOUT_SECONDS,
      retention,
      network,
    });
    this.submitter.takes(
      new SqsEventSource(this.queue, {
        batchSize: 1,
        reportBatchItemFailures: true,
        maxConcurrency: SUBMISSIONS_AT_ONCE,
      }),
    );
    store.grantUse(this.submitter);
    this.queue.grant(this.submitter, 'sqs:ChangeMessageVisibility');
    allowObjects(this.submitter, this.bucket, ['s3:GetObject', 's3:DeleteObject']);
    // Without, S3 says of a body that is gone what it says of one that may not be read.
    this.submitter.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }),
    );
    if (passwordSecret !== undefined)
      Secret.fromSecretCompleteArn(this, 'Password', passwordSecret).grantRead(this.submitter);
  }

  /** To put messages in. */
  grantSend(who: IGrantable): void {
    this.queue.grant(who, 'sqs:SendMessage');
    allowObjects(who, this.bucket, ['s3:PutObject']);
    allowKey(who, this.#key);
  }
}
