import { reasonOf } from '../../../lib/platform/index.ts';

/** Does `work`, then `after` whatever came of it. Of two failures the first is the cause, and neither hides the other. */
export async function followedBy(work: () => Promise<void>, after: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (failure) {
    await after().catch((second: unknown) => {
      throw new Error(`${reasonOf(failure)}; afterwards: ${reasonOf(second)}`, { cause: failure });
    });
    throw failure;
  }
  await after();
}
