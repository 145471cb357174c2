/** A stack as the emulator has it: what it made, what it tells, and the functions with the code that lies in the bucket of assets. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { FunctionProcess } from '../lambda/function-process.ts';
import type { Template } from './left-out.ts';
import { ACCOUNT, type Moto } from './moto.ts';

export interface DeployedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly id: string;
}

export class Deployed {
  readonly name: string;
  readonly region: string;
  readonly #moto: Moto;
  readonly #stacks: CloudFormationClient;

  constructor(moto: Moto, name: string, region: string) {
    this.#moto = moto;
    this.name = name;
    this.region = region;
    this.#stacks = new CloudFormationClient(moto.client(region));
  }

  async resources(): Promise<readonly DeployedResource[]> {
    const found: DeployedResource[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.#stacks.send(new ListStackResourcesCommand({ StackName: this.name, NextToken }));
      for (const {
        LogicalResourceId = '',
        ResourceType = '',
        PhysicalResourceId = '',
      } of page.StackResourceSummaries ?? [])
        found.push({ logicalId: LogicalResourceId, type: ResourceType, id: PhysicalResourceId });
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return found;
  }

  /** Whose logical id begins so. */
  async idOf(type: string, logicalId = ''): Promise<string> {
    const found = (await this.resources()).filter((it) => it.type === type && it.logicalId.startsWith(logicalId));
    const [one] = found;
    if (one === undefined || found.length > 1) throw new Error(`${found.length} of ${type} ${logicalId}`);
    return one.id;
  }

  async outputs(): Promise<Readonly<Record<string, string>>> {
    const { Stacks } = await this.#stacks.send(new DescribeStacksCommand({ StackName: this.name }));
    const outputs = Stacks?.[0]?.Outputs ?? [];
    return Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
  }

  async template(): Promise<Template> {
    const { TemplateBody = '' } = await this.#stacks.send(new GetTemplateCommand({ StackName: this.name }));
    return (typeof TemplateBody === 'string' ? JSON.parse(TemplateBody) : TemplateBody) as Template;
  }

  /** Runs what was deployed, with the environment that it was deployed with, against the emulator. */
  async start(logicalId: string, environment: Readonly<Record<string, string>> = {}): Promise<FunctionProcess> {
    const lambda = new LambdaClient(this.#moto.client(this.region));
    const FunctionName = await this.idOf('AWS::Lambda::Function', logicalId);
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName }));
    const [, resource] =
      Object.entries((await this.template()).Resources).find(
        ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith(logicalId),
      ) ?? [];
    const { S3Key = '' } = (resource?.Properties?.['Code'] ?? {}) as { readonly S3Key?: string };
    const s3 = new S3Client({ ...this.#moto.client(this.region), forcePathStyle: true });
    const Bucket = `cdk-hnb659fds-assets-${ACCOUNT}-${this.region}`;
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: S3Key }));
    const zip = (await Body?.transformToByteArray()) ?? new Uint8Array();
    const digest = createHash('sha256').update(zip).digest('base64');
    if (digest !== Configuration?.CodeSha256) throw new Error(`${FunctionName} has other code than ${S3Key}`);
    const folder = mkdtempSync(join(tmpdir(), 'caravan-deployed-'));
    const file = join(folder, 'code.zip');
    writeFileSync(file, zip);
    await promisify(execFile)(this.#moto.python, ['-m', 'zipfile', '-e', file, folder]);
    try {
      return await FunctionProcess.start(join(folder, 'main.mjs'), {
        ...Configuration.Environment?.Variables,
        AWS_REGION: this.region,
        ...this.#moto.variables,
        ...environment,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}
