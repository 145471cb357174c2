/** `caravan`: finds the subcommand, runs it, and tells a failure as its user needs it. */
import { Command, CommanderError } from 'commander';
import { addDeviceCommands } from './device/device-command.ts';
import { addServeCommand } from './serve.ts';
import { addStartCommand } from './start.ts';
import { describeFailure } from './terminal.ts';

/** Resolves to the process's exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('caravan')
    .description('A mobile mail sync server that survives its servers.')
    .version(VERSION)
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false });
  addStartCommand(program);
  addServeCommand(program);
  addDeviceCommands(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (thrown) {
    // Commander has told its own errors, and printed help or version, already.
    if (thrown instanceof CommanderError) return thrown.exitCode;
    process.stderr.write(`${describeFailure(thrown, argv.includes('--json'))}\n`);
    return 1;
  }
}

const VERSION = '0.1.0';
