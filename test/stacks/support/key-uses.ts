/** Who uses what a key of the stack's encrypts, and whether they may use the key. */
import type { Template } from 'aws-cdk-lib/assertions';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** What AWS asks of the key of a queue, a bucket or a table, of who does this with it. */
const KEY_RIGHTS: Readonly<Record<string, readonly string[]>> = {
  'sqs:SendMessage': ['kms:GenerateDataKey', 'kms:Decrypt'],
  'sqs:ReceiveMessage': ['kms:Decrypt'],
  's3:PutObject': ['kms:GenerateDataKey'],
  's3:GetObject': ['kms:Decrypt'],
  'dynamodb:Query': ['kms:Decrypt'],
};

/** Each right to something that a key of the stack's encrypts, and whether the same policy has the right to that key. */
export function keyUses(template: Template) {
  const { Resources } = template.toJSON() as { Resources: Record<string, { Properties?: Record<string, unknown> }> };
  const [key = ''] = Object.keys(template.findResources('AWS::KMS::Key'));
  const encrypted = new Set(
    Object.entries(Resources)
      .filter(([, { Properties }]) => JSON.stringify(Properties ?? {}).includes(`MasterKeyI`))
      .filter(([, { Properties }]) => JSON.stringify(Properties).includes(`"${key}"`))
      .map(([id]) => id),
  );
  return Object.entries(template.findResources('AWS::IAM::Policy')).flatMap(([policy, { Properties }]) => {
    const statements = Properties['PolicyDocument']['Statement'] as Statement[];
    const ofKey = statements
      .filter(({ Resource }) => JSON.stringify(Resource).includes(`"${key}"`))
      .flatMap(({ Action }) => [Action].flat());
    return statements.flatMap(({ Action, Resource }) => {
      const named = JSON.stringify(Resource);
      if (![...encrypted].some((id) => named.includes(`"${id}"`))) return [];
      return [Action]
        .flat()
        .filter((action) => action in KEY_RIGHTS)
        .map((action) => ({
          policy,
          action,
          isAllowed: KEY_RIGHTS[action]?.every((right) => ofKey.includes(right)) ?? true,
        }));
    });
  });
}
