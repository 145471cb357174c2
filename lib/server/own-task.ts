/** Which task of ECS this server is, where it is one (task metadata endpoint, version 4). */
import { type Log, reasonOf } from '../platform/index.ts';

export interface OwnTask {
  /** No other task ever has it. */
  readonly arn: string;
  readonly zone: string | undefined;
}

const TIMEOUT_MS = 2_000;

/** `metadataUrl` is what ECS gives in `ECS_CONTAINER_METADATA_URI_V4`. A server without an answer is fenced as any other is. */
export async function ownTask(metadataUrl: string | undefined, log: Log): Promise<OwnTask | undefined> {
  if (metadataUrl === undefined) return undefined;
  try {
    const response = await fetch(`${metadataUrl}/task`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { TaskARN, AvailabilityZone } = (await response.json()) as Record<string, unknown>;
    if (typeof TaskARN !== 'string' || TaskARN === '') throw new Error(`it names no task (${response.status})`);
    return { arn: TaskARN, zone: typeof AvailabilityZone === 'string' ? AvailabilityZone : undefined };
  } catch (thrown) {
    log.warn({ reason: reasonOf(thrown) }, 'ECS does not tell which task this server is');
    return undefined;
  }
}
