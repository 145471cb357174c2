/** The task that an "ECS Task State Change" event says has stopped. */

/** `lastStatus` is what is, `desiredStatus` what shall be: a task on its way out still drains. */
const ENDED: readonly unknown[] = ['STOPPED', 'DELETED'];

/** Its ARN; undefined for any other event, and for what is none. */
export function stoppedTask(body: string): string | undefined {
  const event = sectionOf(parse(body));
  if (event['source'] !== 'aws.ecs' || event['detail-type'] !== 'ECS Task State Change') return undefined;
  const { taskArn, lastStatus } = sectionOf(event['detail']);
  return typeof taskArn === 'string' && taskArn !== '' && ENDED.includes(lastStatus) ? taskArn : undefined;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const sectionOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
