import { createServer } from 'node:net';

const START_LIMIT_MS = 40_000;
const POLL_MS = 50;

/** A port of the loopback interface that nothing listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
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
