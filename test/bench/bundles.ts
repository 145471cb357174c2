/** What is shipped: how large each bundle is, and how long its first import takes. Alone: `node test/bench/bundles.ts`. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FunctionProcess } from '../support/lambda/function-process.ts';
import { describeFigure, type Figure } from './figure.ts';
import { buildBundle } from './standalone/bundle.ts';

const FUNCTIONS = ['balancer', 'task-stopped', 'outbox', 'canary'] as const;
const RUNS = 5;

export async function benchBundles(): Promise<readonly Figure[]> {
  const bundle = await buildBundle();
  const sizeOf = async (name: string) => (await stat(join(bundle.directory, name, 'main.mjs'))).size / 1e6;
  const figures: Figure[] = [];
  try {
    for (const name of FUNCTIONS) {
      const times: number[] = [];
      for (let run = 0; run < RUNS; run++) {
        const started = await FunctionProcess.start(join(bundle.directory, name, 'main.mjs'), {});
        times.push(started.started.importMs);
        await started.end();
      }
      const size = { value: 1, is: 'at most' } as const;
      figures.push({ name: `bundle of ${name}`, value: await sizeOf(name), unit: 'MB', target: size });
      const target = { value: 300, is: 'at most' } as const;
      const note = `the best of ${RUNS}, each in a new process`;
      figures.push({ name: `cold import of ${name}`, value: Math.min(...times), unit: 'ms', target, note });
    }
    const target = { value: 5, is: 'at most' } as const;
    figures.push({ name: 'bundle of server', value: await sizeOf('server'), unit: 'MB', target });
    return figures;
  } finally {
    await bundle.remove();
  }
}

if (import.meta.main) for (const figure of await benchBundles()) process.stdout.write(`${describeFigure(figure)}\n`);
