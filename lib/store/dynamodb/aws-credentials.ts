import type { AwsCredentials } from '../../platform/index.ts';

/**
 * The credentials with which AWS is asked: `AWS_…` of the environment, the profile, the role of the task or machine,
 * refreshed in time. The SDK is loaded here and not before (open.ts).
 */
export async function openAwsCredentials(region: string): Promise<() => Promise<AwsCredentials>> {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  const { config } = new DynamoDBClient({ region });
  return () => config.credentials();
}
