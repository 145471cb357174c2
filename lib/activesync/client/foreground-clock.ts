import { type Clock, systemClock } from '../../platform/index.ts';

/** The system's clock with timers that keep the process alive: a device that waits to try again has nothing else to do. */
export const foregroundClock: Clock = {
  ...systemClock,
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
