// Output whose reader has gone, as `head` goes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

it('a command whose output nobody reads any more ends without a trace', async () => {
  const child = spawn(process.execPath, ['bin/caravan.ts', 'plan', 'examples/plan-far-branch.json']);
  child.stdout.destroy();
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  expect({ code, told }).toEqual({ code: 0, told: '' });
});
