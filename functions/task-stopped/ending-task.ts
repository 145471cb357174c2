/** What an "ECS Task State Change" event says of a task that ends. */

export interface EndingTask {
  /** Its ARN. */
  readonly task: string;
  /** `stopped`: its process is gone. `leaving`: ECS takes it away, and has not sent SIGTERM as long as its target is deregistered. */
  readonly state: 'leaving' | 'stopped';
}

/** `lastStatus` is what is, `desiredStatus` what shall be. */
const STOPPED: readonly unknown[] = ['STOPPED', 'DELETED'];

/** Undefined for any other event, and for what is none. */
export function endingTask(body: string): EndingTask | undefined {
  const event = sectionOf(parse(body));
  if (event['source'] !== 'aws.ecs' || event['detail-type'] !== 'ECS Task State Change') return undefined;
  const { taskArn: task, lastStatus, desiredStatus } = sectionOf(event['detail']);
  if (typeof task !== 'string' || task === '') return undefined;
  if (STOPPED.includes(lastStatus)) return { task, state: 'stopped' };
  return lastStatus === 'DEACTIVATING' || desiredStatus === 'STOPPED' ? { task, state: 'leaving' } : undefined;
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
