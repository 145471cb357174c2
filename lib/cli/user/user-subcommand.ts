/** What the subcommands of `caravan user` that are about devices need: a server, which may be alone or of a pool. */
import type { Command } from 'commander';
import { AdministrationClient } from '../pool/administration-client.ts';
import { findPool, type PoolOptions } from '../pool/find-pool.ts';
import { named, poolSubcommand } from '../pool/pool-subcommand.ts';
import { openTerminal, type Terminal } from '../terminal.ts';

export const USER = 'ada, ada@example.org or EXAMPLE\\ada';
export const DEVICE = 'its id, as `caravan user devices` lists it';

/** With the user as first argument, and the device as second. */
export const deviceSubcommand = (name: string, description: string): Command =>
  poolSubcommand(name, description).argument('<user>', USER).argument('<device>', DEVICE);

export const devicePath = (user: string, device: string): string => `/users/${named(user)}/devices/${named(device)}`;

export function openUser(
  options: PoolOptions,
  user: string,
): { readonly client: AdministrationClient; readonly terminal: Terminal } {
  return {
    client: new AdministrationClient(findPool(options, process.env), {
      probe: `/users/${named(user)}/devices`,
      nobodyAnswers: 'No server answers',
      remedy: 'Check that it runs, or name the administration address of a server with --url.',
      look: `caravan user devices ${user}`,
    }),
    terminal: openTerminal(options.json === true, process.stdout, process.stderr),
  };
}
