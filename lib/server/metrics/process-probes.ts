/** What this process's own runtime tells of its load. The only place that asks it. */
import { totalmem } from 'node:os';
import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/** Of the time since the sample before. */
export interface ProcessSample {
  /** 0 … 1. */
  readonly eventLoopUtilization: number;
  /** The 99th percentile of how late timers were, less their own resolution. */
  readonly eventLoopDelayMs: number;
  readonly memoryBytes: number;
  /** 0 … 1 of what the process may have: its heap's limit, or its container's or machine's memory, whichever is nearer. */
  readonly memoryShare: number;
}

export interface ProcessProbes {
  sample(): ProcessSample;
  close(): void;
}

const RESOLUTION_MS = 20;
const NANOSECONDS_A_MS = 1e6;

export function openProcessProbes(): ProcessProbes {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let before: EventLoopUtilization = performance.eventLoopUtilization();
  const memoryLimit = memoryLimitBytes();
  return {
    sample() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      // A sample shorter than the resolution has measured nothing; a loop that never came round has no percentile.
      const lateMs = delay.count === 0 ? 0 : delay.percentile(99) / NANOSECONDS_A_MS - RESOLUTION_MS;
      delay.reset();
      const heap = getHeapStatistics();
      const memoryBytes = process.memoryUsage.rss();
      return {
        eventLoopUtilization: utilization,
        eventLoopDelayMs: Math.max(0, lateMs),
        memoryBytes,
        memoryShare: Math.max(heap.used_heap_size / heap.heap_size_limit, memoryBytes / memoryLimit),
      };
    },
    close: () => void delay.disable(),
  };
}

/** Without a container's limit Node tells 0, or a number beyond any machine. */
function memoryLimitBytes(): number {
  const machine = totalmem();
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < machine ? constrained : machine;
}
