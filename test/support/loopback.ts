import { createServer } from 'node:net';

const START_LIMIT_MS = 120_000;
const POLL_MS = 50;

/**
 * Below the ports that systems give to connections (from 32768 or 49152 on): a server that is stopped and started again finds
 * its port free.
 */
const PORTS = { from: 12_000, to: 32_000 };

/** Ports of the loopback interface that nothing listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

export const freePort = async (): Promise<number> => (await freePorts(1))[0] as number;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Resolves when something answers HTTP there, whatever it says. */
export async function untilAnswers(url: string): Promise<void> {
  const until = performance.now() + START_LIMIT_MS;
  for (;;) {
    try {
      await (await fetch(url, { signal: AbortSignal.timeout(1_000) })).text();
      return;
    } catch (cause) {
      if (performance.now() > until) throw new Error(`${url} does not answer`, { cause });
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
