/** `caravan serve`: the standalone server, as the configuration says. */
import type { Command } from 'commander';
import { createLog } from '../platform/index.ts';
import { allSettings, loadConfiguration } from '../topology/index.ts';

export function defineServe(command: Command): void {
  command
    .option('--config <file>', 'the configuration file (default: caravan-server.json)')
    .option('--json', 'tell why it cannot start as JSON; what is logged always is');
  for (const { flag, about, isSecret } of allSettings()) {
    if (!isSecret) command.option(`--${flag} <value>`, about);
  }
  command.action(async ({ config, ...flags }: Record<string, string | undefined>) => {
    // Not a setting: `main` looks for it.
    delete flags['json'];
    const configuration = loadConfiguration({ file: config, environment: process.env, flags });
    const { runUntilStopped } = await import('./run-server.ts');
    await runUntilStopped(configuration, createLog({ level: configuration.log.level }));
  });
}
