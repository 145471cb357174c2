/** A user of a pool, for people. */
import type { UserReport } from '../../administration/index.ts';
import { table } from '../table.ts';
import { ago } from './ago.ts';

export type ShownUser = UserReport & { readonly process?: number };

export function shownUser(user: UserReport, processOf: (address: string) => number | undefined): ShownUser {
  // A dead one's successor has its address.
  const isAlive = user.owner?.status === 'up' || user.owner?.status === 'draining';
  const process = isAlive && user.owner ? processOf(user.owner.address) : undefined;
  return { ...user, ...(process !== undefined && { process }) };
}

export function userLines(
  { user, owner, process, epoch, since, previous, boundTo, devices, unknown }: ShownUser,
  now: number,
): string {
  const ownedBy =
    owner === undefined
      ? 'nobody; the next request of a device finds one'
      : `${owner.address}   (session ${owner.session}, ${owner.status}${process === undefined ? '' : `, process ${process}`})`;
  const rows = devices.map((it) => [
    it.id,
    it.type,
    it.protocolVersion ?? '',
    it.access,
    ago(it.lastSync, now),
    it.waiting === undefined ? 'unknown' : it.waiting ? 'yes' : 'no',
  ]);
  return [
    user,
    `  owner     ${ownedBy}`,
    `  epoch     ${epoch}${since === undefined ? '' : `, since ${since} (${ago(since, now)})`}${previous === undefined ? '' : `; before: ${previous}`}`,
    ...(boundTo === undefined ? [] : [`  bound to  ${boundTo}`]),
    ...(unknown === undefined ? [] : [`  Which devices wait is not known: ${unknown}`]),
    '',
    devices.length === 0
      ? epoch > 0
        ? 'No device was ever seen.'
        : 'No device of that name has ever been served by this pool: check the name, without a domain or with the one of the mail system.'
      : table(['DEVICE', 'TYPE', 'VERSION', 'ACCESS', 'LAST SYNC', 'WAITING'], rows),
  ].join('\n');
}
