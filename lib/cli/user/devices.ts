/** `caravan user devices` and `device`: which devices a user has, which wait for a decision, and all that is known of one. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { DeviceDetail, DeviceEntry } from '../../administration/index.ts';
import { systemClock } from '../../platform/index.ts';
import { CliError } from '../errors.ts';
import type { PoolOptions } from '../pool/find-pool.ts';
import { named, poolSubcommand } from '../pool/pool-subcommand.ts';
import { deviceLines, devicesTable } from './device-lines.ts';
import { devicePath, deviceSubcommand, openUser, USER } from './user-subcommand.ts';

const ACCESSES = ['allowed', 'quarantined', 'blocked'];
/** All that is stored is read for everybody's. */
const ALL_USERS_LIMIT_MS = 120_000;

type Access = DeviceEntry['access'];

interface Answer {
  readonly devices: readonly DeviceEntry[];
}

export function devicesCommand(): Command {
  return poolSubcommand('devices', "A user's devices; or, with --access alone, everybody's that may do so much.")
    .argument('[user]', USER)
    .addOption(
      new Option('--access <access>', 'those alone: who waits for a decision is quarantined').choices(ACCESSES),
    )
    .action(async (name: string | undefined, options: PoolOptions & { access?: Access }) => {
      const { access } = options;
      if (name === undefined && access === undefined) {
        throw new CliError(
          'bad-option',
          'Whose devices is not said',
          'Name a user, or give --access quarantined for those of everybody who wait for a decision.',
        );
      }
      const { client, terminal } = openUser(options, name ?? '');
      if (name === undefined) terminal.progress('Reading all that is stored …');
      const { devices: all } = await (name === undefined
        ? client.get<Answer>(`/devices/${access ?? ''}`, ALL_USERS_LIMIT_MS)
        : client.get<Answer>(`/users/${named(name)}/devices`));
      const devices = all.filter((it) => access === undefined || it.access === access);
      const whose = name === undefined ? 'No device' : `No device of '${name}'`;
      const none = access === undefined ? `${whose} was ever seen.` : `${whose} is ${access}.`;
      const lines = devices.length === 0 ? none : devicesTable(devices, systemClock.now(), name === undefined);
      terminal.result({ devices }, lines);
    });
}

export function deviceCommand(): Command {
  return deviceSubcommand('device', 'What a device is, what it syncs, and what is kept from it.').action(
    async (user: string, id: string, options: PoolOptions) => {
      const { client, terminal } = openUser(options, user);
      const device = await client.get<DeviceDetail>(devicePath(user, id));
      terminal.result(device, deviceLines(device, systemClock.now()));
    },
  );
}
