/** Servers of a pool, for people. */
import type { ServerReport } from '../../administration/index.ts';
import { table } from '../table.ts';
import { ago } from './ago.ts';

const HEADINGS = ['SERVER', 'SESSION', 'ZONE', 'BUILD', 'STATUS', 'INDEX', 'USERS', 'DEVICES', 'LAST BEAT'];

export const hasEnded = ({ status }: ServerReport): boolean => status === 'fenced' || status === 'left';

/** `1 user`. */
export const usersOf = ({ users }: ServerReport): string => `${users} ${users === 1 ? 'user' : 'users'}`;

export type ShownServer = ServerReport & { readonly process?: number };

/** With the process where it runs on this machine. */
export function shownServer(server: ServerReport, process: number | undefined): ShownServer {
  return { ...server, ...(process !== undefined && !hasEnded(server) && { process }) };
}

export function serverTable(servers: readonly ShownServer[], now: number): string {
  const hasProcesses = servers.some((it) => it.process !== undefined);
  const rows = servers.map((it) => [
    it.address,
    it.session,
    it.zone,
    it.build,
    it.available || hasEnded(it) ? it.status : `${it.status}, taken out`,
    String(it.index),
    String(it.users),
    String(it.devices),
    ago(it.lastBeat, now),
    ...(hasProcesses ? [it.process === undefined ? '' : String(it.process)] : []),
  ]);
  const constrained = servers
    .filter((it) => it.constrained !== undefined && !hasEnded(it))
    .map((it) => `${it.address} takes nobody new: ${it.constrained}`);
  return [table(hasProcesses ? [...HEADINGS, 'PROCESS'] : HEADINGS, rows), ...constrained].join('\n');
}
