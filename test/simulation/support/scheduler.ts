/**
 * The world's time in a simulation: a queue of things that happen, one after the other. Between two of them every promise
 * that can go on goes on, so that a run depends on its seed alone.
 */
interface Happening {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
  isCancelled: boolean;
}

export class Scheduler {
  /** Milliseconds of the world. */
  now = 0;
  /** Things that have happened. */
  events = 0;
  #order = 0;
  readonly #heap: Happening[] = [];

  /** Runs `task` at the instant `delayMs` from now; the result calls it off. */
  after(delayMs: number, task: () => void): () => void {
    const happening = { at: this.now + Math.max(0, delayMs), order: this.#order++, task, isCancelled: false };
    this.#push(happening);
    return () => {
      happening.isCancelled = true;
    };
  }

  /** Everything that happens until then, in order. */
  async run(untilMs: number): Promise<void> {
    await settled();
    for (let next = this.#heap[0]; next !== undefined && next.at <= untilMs; next = this.#heap[0]) {
      this.#pop();
      if (next.isCancelled) continue;
      this.now = next.at;
      this.events += 1;
      next.task();
      await settled();
    }
    this.now = untilMs;
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(happening);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent] as Happening, happening)) break;
      heap[index] = heap[parent] as Happening;
      index = parent;
    }
    heap[index] = happening;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Happening;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Happening, heap[child] as Happening)) child += 1;
      if (isBefore(last, heap[child] as Happening)) break;
      heap[index] = heap[child] as Happening;
      index = child;
    }
    heap[index] = last;
  }
}

const isBefore = (left: Happening, right: Happening): boolean =>
  left.at < right.at || (left.at === right.at && left.order < right.order);

/** All promises that can go on have gone on: an immediate comes after them. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
