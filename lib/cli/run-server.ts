/** Runs a server until a signal stops it. */
import type { Log } from '../platform/index.ts';
import { type CaravanServer, startServer } from '../server/index.ts';
import type { Configuration } from '../topology/index.ts';

/** `onUp` is called when the server takes requests. Resolves when it has stopped; a second signal stops at once. */
export async function runUntilStopped(
  configuration: Configuration,
  log: Log,
  onUp: (server: CaravanServer) => void = () => {},
): Promise<void> {
  const server = await startServer(configuration, { log });
  onUp(server);
  const keepAlive = setInterval(() => {}, 3_600_000);
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => process.exit(1));
  log.info({ signal }, 'A signal asks the server to stop');
  await server.stop();
  clearInterval(keepAlive);
}
