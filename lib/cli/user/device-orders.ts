/** What `caravan user` orders for a device: who may sync, a wipe, and the three resets (sync-state.md, rule 11). */
import type { Command } from 'commander';
import type { DeviceEntry } from '../../administration/index.ts';
import { systemClock } from '../../platform/index.ts';
import type { PoolOptions } from '../pool/find-pool.ts';
import { named, poolSubcommand } from '../pool/pool-subcommand.ts';
import { devicesTable } from './device-lines.ts';
import { devicePath, deviceSubcommand, openUser, USER } from './user-subcommand.ts';

const shown = (device: DeviceEntry): string => devicesTable([device], systemClock.now(), false);

const accessCommand = (verb: string, access: DeviceEntry['access'], description: string) => (): Command =>
  deviceSubcommand(verb, description).action(async (user: string, id: string, options: PoolOptions) => {
    const { client, terminal } = openUser(options, user);
    const device = await client.change<DeviceEntry>('PUT', `${devicePath(user, id)}/access`, { access });
    terminal.result(device, shown(device));
  });

export const allowCommand = accessCommand(
  'allow',
  'allowed',
  'Let a device in: one in quarantine, blocked, or wiped and found again.',
);
export const blockCommand = accessCommand('block', 'blocked', 'Keep a device out, from its next request on.');
export const quarantineCommand = accessCommand(
  'quarantine',
  'quarantined',
  'Let a device say what it is and nothing more, until somebody decides.',
);

export function wipeCommand(): Command {
  return deviceSubcommand('wipe', 'Have a lost device erase itself at its next request, and block it then.')
    .option('--account-only', 'erase what it has of this account alone; ActiveSync 16.1 and later')
    .option('--call-off', 'call a wipe off that the device has not done yet')
    .action(async (user: string, id: string, options: PoolOptions & { accountOnly?: boolean; callOff?: boolean }) => {
      const { client, terminal } = openUser(options, user);
      const path = `${devicePath(user, id)}/wipe`;
      const device = options.callOff
        ? await client.change<DeviceEntry>('DELETE', path)
        : await client.change<DeviceEntry>('PUT', path, { what: options.accountOnly ? 'account' : 'device' });
      const hint = `\nUntil the device has heard of it: caravan user wipe ${user} ${id} --call-off`;
      terminal.result(device, `${shown(device)}${options.callOff ? '' : hint}`);
    });
}

export function recoveryPasswordCommand(): Command {
  return deviceSubcommand('recovery-password', 'The password that unlocks a device whose own was forgotten.').action(
    async (user: string, id: string, options: PoolOptions) => {
      const { client, terminal } = openUser(options, user);
      const path = `${devicePath(user, id)}/recovery-password`;
      const answer = await client.change<{ recoveryPassword: string }>('POST', path);
      terminal.result(answer, answer.recoveryPassword);
    },
  );
}

export function resendCommand(): Command {
  return deviceSubcommand('resend', 'Give a device one collection anew, where it shows something else than there is.')
    .argument('<collection>', 'its id, as `caravan user device` lists it')
    .action(async (user: string, id: string, collection: string, options: PoolOptions) => {
      const { client, terminal } = openUser(options, user);
      const device = await client.change<DeviceEntry>('POST', `${devicePath(user, id)}/resend`, { collection });
      terminal.result(device, `${id} gets collection ${collection} anew with its next Sync.`);
    });
}

export function rescanCommand(): Command {
  return poolSubcommand(
    'rescan',
    'Compare every folder of a user whole; devices hear of what differs from what they have.',
  )
    .argument('<user>', USER)
    .action(async (user: string, options: PoolOptions) => {
      const { client, terminal } = openUser(options, user);
      await client.change('POST', `/users/${named(user)}/rescan`);
      terminal.result({ user, rescanned: true }, `The folders of ${user} were compared whole.`);
    });
}

export function forgetCommand(): Command {
  return deviceSubcommand('forget', 'Delete all that is known of a device: it is one never seen before.').action(
    async (user: string, id: string, options: PoolOptions) => {
      const { client, terminal } = openUser(options, user);
      await client.change('DELETE', devicePath(user, id));
      terminal.result({ user, device: id, forgotten: true }, `${id} of ${user} is forgotten.`);
    },
  );
}
