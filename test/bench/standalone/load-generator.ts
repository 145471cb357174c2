/**
 * Sends requests over as many connections, each as soon as the last was answered, and says how many a second were: a process
 * of its own, so that it is told what to send by its parent and shares no event loop with anybody.
 */
import { RawHttp } from './raw-http.ts';

export interface Load {
  readonly port: number;
  /** Base64; a connection each. */
  readonly requests: readonly string[];
  readonly warmMs: number;
  readonly measureMs: number;
}

process.once('message', (load: Load) => {
  run(load).then(
    (perSecond) => process.send?.(perSecond, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});

async function run({ port, requests, warmMs, measureMs }: Load): Promise<number> {
  const from = performance.now() + warmMs;
  const until = from + measureMs;
  let answered = 0;
  await Promise.all(
    requests.map(async (base64) => {
      const bytes = Buffer.from(base64, 'base64');
      const connection = await RawHttp.connect(port);
      for (;;) {
        const { status, body } = await connection.send(bytes);
        if (status !== 200 || body.length > 0) throw new Error(`status ${status} with ${body.length} bytes`);
        const now = performance.now();
        if (now >= until) break;
        if (now >= from) answered++;
      }
      connection.close();
    }),
  );
  return answered / (measureMs / 1000);
}
