/** People live on with their phones, and there is news for them, while something happens. */
import type { SeededRandom } from '../../simulation/support/seeded-random.ts';
import { followedBy } from './followed-by.ts';
import type { Somebody } from './somebody.ts';

export interface Life {
  readonly people: readonly Somebody[];
  /** Makes something new for a user. */
  readonly news: (user: string) => Promise<unknown>;
  readonly everyMs: number;
  readonly random: SeededRandom;
  /** What servers have to say where somebody does not come to an end. */
  readonly logs: () => string;
}

const NUDGE_MS = 700;
const HALT_LIMIT_MS = 200_000;

/** Then all finish what they do, whatever came of it; of several failures none hides another. */
export async function whileTheyLive(life: Life, happening: () => Promise<void>): Promise<void> {
  for (const person of life.people) person.start();
  const over = new AbortController();
  const news = bringNews(life, over.signal).then(
    () => undefined,
    (thrown: unknown) => ({ thrown }),
  );
  await followedBy(happening, async () => {
    over.abort();
    const failure = await news;
    const tell = () => (failure ? Promise.reject(failure.thrown) : Promise.resolve());
    await followedBy(tell, () => halt(life));
  });
}

async function bringNews({ people, news, everyMs, random }: Life, signal: AbortSignal): Promise<void> {
  const users = [...new Set(people.map((it) => it.user))];
  while (!signal.aborted) {
    await pause(everyMs);
    await news(random.pick(users));
  }
}

/** Who waits is told to go on by news. */
async function halt({ people, news, logs }: Life): Promise<void> {
  const over = new AbortController();
  void Promise.all(people.map((it) => it.stop())).then(() => over.abort());
  const until = performance.now() + HALT_LIMIT_MS;
  while (!over.signal.aborted) {
    const waiting = new Set(people.filter((it) => it.isWaiting).map((it) => it.user));
    for (const user of waiting) await news(user);
    await pause(NUDGE_MS);
    if (performance.now() < until) continue;
    const busy = people.filter((it) => it.doing !== undefined).map((it) => `${it.user} ${it.doing}`);
    throw new Error(`${logs()}\nnot at their end: ${busy.join(', ')}`);
  }
}

const pause = (delayMs: number) => new Promise((done) => setTimeout(done, delayMs));
