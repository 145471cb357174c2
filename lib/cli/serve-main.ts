/** `caravan` in the container: a server serves, and brings nothing else along. */
import { runCommand } from './run-command.ts';
import { addServeCommand } from './serve.ts';

/** Resolves to the process's exit code. */
export const serveMain = (argv: readonly string[]): Promise<number> => runCommand(argv, [addServeCommand]);
