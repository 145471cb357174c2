import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/runner/long-first.ts';

/** They start no process and change nothing but their own: what one of these files has loaded serves the next. */
const TOGETHER = 'activesync|administration|migration|outbox|platform|pool|sync|topology';

// oxlint-disable-next-line import/no-default-export -- vitest asks for one
export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // One more than there are cores: many files mostly wait, for a server that starts or a lease that ends.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    projects: [
      { extends: true, test: { name: 'alone', include: [`test/!(${TOGETHER})/**/*.test.ts`] } },
      { extends: true, test: { name: 'together', include: [`test/@(${TOGETHER})/**/*.test.ts`], isolate: false } },
    ],
  },
});
