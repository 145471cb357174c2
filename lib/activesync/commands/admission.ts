/** Which devices may run which commands now: access, remote wipe, policy key (MS-ASPROV 3.2.5.1, MS-ASCMD 2.2.2). */
import type { DeviceRecord } from '../../sync/index.ts';
import { type CommandName, CommonStatus } from '../protocol/index.ts';
import type { Policy } from './policies.ts';

/** Commands of a device that has no policy yet: the one that brings it, and the one by which a device tells what it is. */
const BEFORE_PROVISIONING: readonly CommandName[] = ['Provision', 'Settings'];

/**
 * The common status that refuses the command; undefined if it may run. A wipe goes before everything else, since a stolen
 * device is blocked and wiped in one breath; who waits for somebody's consent may say what it is, and nothing more.
 */
export function refusedBy(
  command: CommandName,
  record: DeviceRecord,
  policy: Policy,
  policyKey: string | undefined,
): number | undefined {
  if (record.wipe !== 'none' && command === 'Provision') return undefined;
  if (record.wipe === 'pending' || record.wipe === 'sent') return CommonStatus.remoteWipeRequested;
  if (record.access === 'blocked') return CommonStatus.deviceIsBlockedForThisUser;
  if (BEFORE_PROVISIONING.includes(command)) return undefined;
  if (record.access === 'quarantined') return CommonStatus.deviceIsBlockedForThisUser;
  if (policy.requirement !== 'required') return undefined;
  // Pings need not bear the key (MS-ASPROV_R757).
  const key = policyKey ?? (command === 'Ping' ? record.policyKey : undefined);
  if (key === undefined || record.policyKey === undefined) return CommonStatus.deviceNotProvisioned;
  if (key !== record.policyKey) return CommonStatus.invalidPolicyKey;
  return record.policyDigest === policy.digest ? undefined : CommonStatus.policyRefresh;
}
