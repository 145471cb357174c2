/** SQS and S3 in this process. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';

const HOST = '127.0.0.1';
const ACCOUNT = '000000000000';

export class SqsStandIn {
  readonly sqs: SQSClient;
  readonly server: FauxqsServer;

  private constructor(server: FauxqsServer) {
    this.server = server;
    this.sqs = new SQSClient({
      endpoint: this.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  }

  static async start(): Promise<SqsStandIn> {
    return new SqsStandIn(await startFauxqs({ port: 0, logger: false, defaultRegion: 'us-east-1' }));
  }

  get endpoint(): string {
    return `http://${HOST}:${this.server.port}`;
  }

  url(name: string): string {
    return `${this.endpoint}/${ACCOUNT}/${name}`;
  }

  /** A queue whose messages come to `<name>-dead` when they were given out `tries` times. The URL of the first. */
  outbox(name: string, { tries = 100, visibilitySeconds = 30 } = {}): string {
    const { queueArn } = this.server.createQueue(`${name}-dead`);
    this.server.createQueue(name, {
      attributes: {
        VisibilityTimeout: String(visibilitySeconds),
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn, maxReceiveCount: tries }),
      },
    });
    this.server.createBucket(`${name}-bodies`);
    return this.url(name);
  }

  /** How many messages are in a queue, waiting or not. */
  count(name: string): number {
    const messages = this.server.inspectQueue(name)?.messages;
    return messages ? messages.ready.length + messages.delayed.length + messages.inflight.length : 0;
  }

  async stop(): Promise<void> {
    this.sqs.destroy();
    await this.server.stop();
  }
}
