/** One process of many histories: is told a seed, tells what came of it. Its argument changes lib/ on the way in. */
import { mutate } from './mutations.ts';

const [mutation] = process.argv.slice(2);
if (mutation !== undefined) mutate(mutation);
// After the hook is there, or the code that it changes would be loaded already.
const { simulateWhole } = await import('./whole-simulation.ts');

// Nobody reads the stacks of the errors that servers and devices throw at each other, and making them takes time.
Error.stackTraceLimit = 0;

process.on('message', (seed: number) => {
  void simulateWhole(seed).then((result) => process.send?.({ ...result, trace: [] }));
});
process.send?.('ready');
