// The command line without a process of its own, which costs half a second of CPU or more: the same `main`, its output caught.
import { vi } from 'vitest';
import { main } from '../../../lib/cli/index.ts';
import type { Outcome } from './caravan.ts';

/** One call at a time. */
export async function callCaravan(...args: readonly string[]): Promise<Outcome> {
  const said = { out: '', err: '' };
  const spies = (['out', 'err'] as const).map((name) =>
    vi.spyOn(name === 'out' ? process.stdout : process.stderr, 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    }),
  );
  try {
    const code = await main(args);
    return { code, ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
