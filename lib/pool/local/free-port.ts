import { createServer } from 'node:net';

/** `wanted` if it is free and not 0, else any that is. Another process may still take it before it is used. */
export async function freePort(host: string, wanted: number): Promise<number> {
  const port = wanted > 0 && wanted <= 65_535 ? await tryPort(host, wanted) : undefined;
  return port ?? (await tryPort(host, 0)) ?? 0;
}

function tryPort(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
