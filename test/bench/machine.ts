/** What the figures were measured on. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';

const GIB = 2 ** 30;

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly dovecot: string;
  /** Processes that ran or waited to, over the last 1, 5 and 15 minutes: well above 0 before the start, others were at work. */
  readonly load: readonly number[];
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round((totalmem() / GIB) * 10) / 10,
    system: `${distribution()} (${type()} ${release()}, ${arch()})`,
    node: process.version,
    dovecot: outputOf('dovecot', '--version') ?? outputOf('/usr/sbin/dovecot', '--version') ?? 'not installed',
    load: loadavg().map((it) => Math.round(it * 100) / 100),
  };
}

export function machineText(machine: Machine): string {
  const { processor, cores, memoryGib, system, node, dovecot, load } = machine;
  return [
    `Processor  ${processor}, ${cores} cores`,
    `Memory     ${memoryGib} GiB`,
    `System     ${system}`,
    `Node       ${node}`,
    `Dovecot    ${dovecot}`,
    `Load       ${load.join(', ')} (1, 5, 15 minutes) at the start`,
  ].join('\n');
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  } catch {
    return type();
  }
}

function outputOf(command: string, ...args: readonly string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
