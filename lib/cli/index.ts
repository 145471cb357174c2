// The command line: a file each subcommand.
export { main } from './main.ts';
export { serveMain } from './serve-main.ts';
