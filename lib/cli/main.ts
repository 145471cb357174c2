/** `caravan`: all subcommands, in the order of its help. */
import { type Entry, runCommand } from './run-command.ts';
import { SERVE } from './serve-entry.ts';

export const COMMANDS: readonly Entry[] = [
  {
    usage: 'up [options]',
    about: 'Run a whole pool on this machine: a sprayer, servers, a database; and a mail system to try it out.',
    load: async () => (await import('./up/up.ts')).defineUp,
  },
  SERVE,
  {
    usage: 'pool',
    about: 'Run a pool: see its servers and users, and move them.',
    load: async () => (await import('./pool/pool-command.ts')).definePool,
  },
  {
    usage: 'plan [options] [file]',
    about: 'Plan a deployment: servers alone, a pool or several, with every number and its sum.',
    load: async () => (await import('./plan/plan-command.ts')).definePlan,
  },
  {
    usage: 'user',
    about:
      "A user's devices: see them, let them in or keep them out, wipe and reset them; and the user's home among pools.",
    load: async () => (await import('./user/user-command.ts')).defineUser,
  },
  {
    usage: 'join [options]',
    about: 'Hand the users of a standalone server over to a pool, while it serves them. docs/growth.md tells how.',
    load: async () => (await import('./join/join.ts')).defineJoin,
  },
  {
    usage: 'leave [options]',
    about: 'Bring users of a pool to this standalone server, while they are served. docs/growth.md tells how.',
    load: async () => (await import('./join/join.ts')).defineLeave,
  },
  {
    usage: 'init [options]',
    about: 'Write caravan.json, which `npx cdk deploy` makes a pool of in AWS; asks for what no flag says.',
    load: async () => (await import('./init/init.ts')).defineInit,
  },
  {
    usage: 'device',
    about: 'Be a phone: check a server from where its devices are.',
    load: async () => (await import('./device/device-command.ts')).defineDevice,
  },
  {
    usage: 'outbox',
    about: "Sent mail that could not be handed on: what is on its way, what was given up, and what's to become of it.",
    load: async () => (await import('./outbox/outbox-command.ts')).defineOutbox,
  },
];

/** Resolves to the process's exit code. */
export const main = (argv: readonly string[]): Promise<number> => runCommand(argv, COMMANDS);
