/** `caravan up`: a whole pool on this machine, with an embedded mail system to try it out, or in front of a real one. */
import type { Command } from 'commander';
import type { LogLevel } from '../../platform/index.ts';

export interface UpOptions {
  readonly servers: string;
  readonly imap?: string;
  readonly smtp?: string;
  readonly domain?: string;
  readonly config?: string;
  readonly host: string;
  readonly port: string;
  readonly smtpPort: string;
  readonly directory: string;
  readonly tls?: boolean;
  readonly restartSeconds: string;
  readonly log: LogLevel;
  readonly json?: boolean;
}

export function defineUp(command: Command): void {
  command
    .option('--servers <number>', 'how many servers', '3')
    .option('--imap <host[:port]>', 'your mail system, in place of the embedded one')
    .option('--smtp <host[:port]>', 'where it takes mail that users send (default: as --imap)')
    .option('--domain <domain>', 'the domain of its users')
    .option('--config <file>', 'settings of every server, as for `caravan serve`; may name the mail system')
    .option('--host <address>', 'where to listen; 0.0.0.0 lets phones of your network in', '127.0.0.1')
    .option('--port <port>', 'where devices reach the pool', '8080')
    .option('--smtp-port <port>', 'where the embedded mail system takes mail, from this machine', '2525')
    .option('--directory <directory>', 'where everything is kept', '.caravan')
    .option('--tls', 'HTTPS with a certificate of its own')
    .option('--restart-seconds <seconds>', 'a server that dies is started again after so long', '10')
    .option('--log <level>', 'debug, info, warn, error or silent', 'warn')
    .option('--json', 'one JSON document a line: what was started, and what happens to servers')
    // What the servers are made of takes long to load, and is nothing to the help.
    .action(async (options: UpOptions) => (await import('./run-up.ts')).up(options));
}
