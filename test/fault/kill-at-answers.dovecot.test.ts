// kill -9 between "stored" and "answered": the server dies when the first byte of its answer leaves it, or some moments after
// it has the request. Started again, it gets the very same bytes once more. Done once, no device begins again.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../simulation/support/seeded-random.ts';
import type { Fault } from '../support/fault-proxy.ts';
import { fuzzCases } from '../support/fuzz-cases.ts';
import { messagesWith } from './support/mailbox.ts';
import { type Scenario, SCENARIOS } from './support/scenarios.ts';
import { LoseEachOnce, Stage } from './support/stage.ts';

const SEED = Number(process.env['CARAVAN_TEST_SEED'] ?? Date.now() % 1_000_000);
/** Most commands are done in this time. */
const LONGEST_DELAY_MS = 60;
const IN_FULL = fuzzCases(100) === 100;
const MOMENTS = ['as the answer begins', 'at some moment'] as const;
const CASES = MOMENTS.flatMap((moment) => SCENARIOS.map((scenario) => ({ moment, scenario })));
const userOf = (moment: string, scenario: Scenario) =>
  `user${CASES.findIndex((it) => it.moment === moment && it.scenario === scenario)}`;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start({
    users: CASES.map(({ moment, scenario }) => userOf(moment, scenario)),
    settings: { 'policy-requirement': 'required' },
  });
});
afterAll(() => stage.stop());

describe.each(MOMENTS)(`killed %s (CARAVAN_TEST_SEED=${SEED})`, (moment) => {
  // Without the full size only those that have effects outside the store.
  const scenarios = SCENARIOS.filter((it) => IN_FULL || it.sends || ['MoveItems', 'Sync'].includes(it.command));
  it.each(scenarios)('$title ($command at $version)', { timeout: 60_000 }, async (scenario) => {
    const user = userOf(moment, scenario);
    const random = new SeededRandom(SEED + CASES.findIndex((it) => it.scenario === scenario));
    const phone = stage.phone({ user, version: scenario.version });
    const play = await scenario.prepare({ stage, user, phone });
    const sentBefore = stage.smtp.messages.length;
    let dying: Promise<void> = Promise.resolve();
    const kill = () => {
      dying = dying.then(async () => {
        await stage.server.end('SIGKILL');
        await stage.server.launch();
      });
    };
    const fault = (): Fault => {
      if (moment === 'as the answer begins') return { at: 'first-byte', act: kill };
      const delayMs = random.between(0, LONGEST_DELAY_MS);
      return { at: 'forwarded', act: () => void setTimeout(kill, delayMs) };
    };
    const losing = new LoseEachOnce(fault);
    stage.intercepts.set(user, losing.intercept);
    await play.act();
    stage.intercepts.delete(user);
    await new Promise((done) => setTimeout(done, LONGEST_DELAY_MS));
    await dying;
    expect(losing.broken.get(scenario.command)).toBeGreaterThanOrEqual(1);
    const contents = await stage.settle(user, phone);
    expect(stage.resyncsOf(user)).toEqual([]);
    // The one thing that nobody can know: whether a submission server took what it did not acknowledge to anybody alive.
    const taken = stage.smtp.messages.splice(sentBefore);
    const ids = new Set<string>();
    for (const message of taken) {
      const id = /^Message-ID: *(\S+)/im.exec(message.raw.toString('latin1'))?.[1] ?? '';
      if (scenario.sends && moment === 'at some moment' && ids.has(id)) continue;
      ids.add(id);
      stage.smtp.messages.push(message);
    }
    await play.check(contents);
    expect(messagesWith(contents, '')).toEqual([]);
  });
});
