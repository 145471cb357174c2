import type { Entry } from './run-command.ts';

/** The one subcommand that the container has too. */
export const SERVE: Entry = {
  usage: 'serve [options]',
  about: 'Run a standalone server on your mail system. Every setting is also taken from a file and the environment.',
  load: async () => (await import('./serve.ts')).defineServe,
};
