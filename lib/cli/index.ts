// The command line: a file each subcommand.
export { main } from './main.ts';
