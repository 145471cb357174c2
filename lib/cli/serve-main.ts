/** `caravan` in the container: a server serves, and brings nothing else along. */
import { runCommand } from './run-command.ts';
import { SERVE } from './serve-entry.ts';

/** Resolves to the process's exit code. */
export const serveMain = (argv: readonly string[]): Promise<number> => runCommand(argv, [SERVE]);
