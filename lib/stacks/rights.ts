/** Rights without the wildcards that CDK's own grants bring along. */
import { Stack, Token, Validations } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';

/** To read and write what is encrypted with it. */
export function allowKey(who: IGrantable, key: IKey): void {
  key.grant(who, 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey');
}

/** To use a table that is there, whichever key of the account it is under: that of the stack that made it. By DynamoDB alone. */
export function allowKeyOfTable(who: IGrantable): void {
  const role = who.grantPrincipal as Role;
  const { region, account } = Stack.of(role);
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['kms:Decrypt', 'kms:DescribeKey'],
      resources: [`arn:aws:kms:${region}:${account}:key/*`],
      conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${region}.amazonaws.com` } },
    }),
  );
  const told = Token.isUnresolved(account) ? '<AWS::AccountId>' : account;
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::arn:aws:kms:${region}:${told}:key/*]`,
    reason:
      'The file names the table, not its key; the key is used by DynamoDB alone, for the tables that the role may use.',
  });
}

/** For any object of the bucket; there is no list of them. */
export function allowObjects(who: IGrantable, bucket: Bucket, actions: readonly string[]): void {
  who.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: [...actions], resources: [bucket.arnForObjects('*')] }),
  );
  const logicalId = Stack.of(bucket).getLogicalId(bucket.node.defaultChild as CfnBucket);
  Validations.of(who.grantPrincipal as Role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/*]`,
    reason: 'Objects of this one bucket, whose names are made while mail is on its way.',
  });
}

/** To send traces; X-Ray knows no resource that they could be of. */
export function allowTraces(who: IGrantable): void {
  who.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: ['xray:PutTraceSegments'], resources: ['*'] }),
  );
  Validations.of(who.grantPrincipal as Role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'xray:PutTraceSegments has no resource: AWS takes the wildcard alone.',
  });
}
