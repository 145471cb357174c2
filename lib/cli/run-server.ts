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
  endWithParent();
  const server = await startServer(configuration, { log });
  onUp(server);
  const stop = async (why: string) => {
    log.info({ why }, 'The server is asked to stop');
    await server.stop();
  };
  await stopAtSignal(
    stop,
    server.left.then(() => 'an administrator had it drained'),
  );
}

/** Runs `stop` at the first SIGTERM or SIGINT, or for the `other` reason; a second signal ends the process at once. */
export async function stopAtSignal(stop: (why: string) => Promise<void>, other?: Promise<string>): Promise<void> {
  const keepAlive = setInterval(() => {}, 3_600_000);
  const why = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
    void other?.then(resolve);
  });
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => process.exit(1));
  await stop(why);
  clearInterval(keepAlive);
}

/** Who started the server with a channel wants it to end with them (`caravan up`), however they end. */
function endWithParent(): void {
  if (process.connected === undefined) return;
  if (!process.connected) process.exit(1);
  process.once('disconnect', () => process.exit(1));
  process.channel?.unref();
}
