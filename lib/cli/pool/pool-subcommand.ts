/** What every `caravan pool` subcommand needs: the options, and the way to the pool. */
import { Command } from 'commander';
import { openTerminal, type Terminal } from '../terminal.ts';
import { AdministrationClient } from './administration-client.ts';
import { findPool, type PoolOptions } from './find-pool.ts';

export interface OpenPool {
  readonly client: AdministrationClient;
  readonly terminal: Terminal;
  /** Of the server at that address, where it runs on this machine. */
  readonly processOf: (address: string) => number | undefined;
}

/** A subcommand with the options that all of them have. */
export function poolSubcommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--url <url>', 'administration of any server: http://host:port (default: the pool of `caravan up`)')
    .option(
      '--token-file <file>',
      "the administrator's token (default: CARAVAN_ADMINISTRATION_TOKEN, or of `caravan up`)",
    )
    .option('--directory <directory>', 'where `caravan up` keeps everything', '.caravan')
    .option('--json', 'one JSON document a line');
}

export function openPool(options: PoolOptions): OpenPool {
  const { note, ...place } = findPool(options, process.env);
  return {
    client: new AdministrationClient(place),
    terminal: openTerminal(options.json === true, process.stdout, process.stderr),
    processOf: (address) => note?.servers.find((it) => it.address === address)?.pid || undefined,
  };
}

/** A name within a path of the administration. */
export const named = (name: string): string => encodeURIComponent(name);
