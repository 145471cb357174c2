/** `caravan`: all subcommands, in the order of its help. */
import { addDeviceCommands } from './device/device-command.ts';
import { addJoinCommands } from './join/join.ts';
import { addInitCommand } from './init/init.ts';
import { addPoolCommands } from './pool/pool-command.ts';
import { addPlanCommands } from './plan/plan-command.ts';
import { addOutboxCommands } from './outbox/outbox-command.ts';
import { runCommand } from './run-command.ts';
import { addServeCommand } from './serve.ts';
import { addUpCommand } from './up/up.ts';
import { addUserCommands } from './user/user-command.ts';

/** Resolves to the process's exit code. */
export const main = (argv: readonly string[]): Promise<number> =>
  runCommand(argv, [
    addUpCommand,
    addServeCommand,
    addPoolCommands,
    addPlanCommands,
    addUserCommands,
    addJoinCommands,
    addInitCommand,
    addDeviceCommands,
    addOutboxCommands,
  ]);
