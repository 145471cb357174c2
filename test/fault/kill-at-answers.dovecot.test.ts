// kill -9 between "stored" and "answered", and wherever it could hurt: as the answer leaves the server, some moments after it
// has the request, when the mail system has done what it was asked and the server does not know yet. Started again, the
// server gets the very same bytes once more. Everything is done once, and no device begins again.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SeededRandom } from '../simulation/support/seeded-random.ts';
import { fuzzCases } from '../support/fuzz-cases.ts';
import { type Scenario, SCENARIOS } from './support/scenarios.ts';
import { LoseEachOnce, Stage } from './support/stage.ts';

const SEED = Number(process.env['CARAVAN_TEST_SEED'] ?? Date.now() % 1_000_000);
/** Most commands are done in this time. */
const LONGEST_DELAY_MS = 60;
const IS_FULL = fuzzCases(100) === 100;
const CHANGING =
  /^(Folder(Create|Update|Delete)|SendMail|Smart\w+|MoveItems|Sync with (Change|Delete|Add|a draft)|ItemOperations: [EM])/;

type Moment = (typeof MOMENTS)[number];
const MOMENTS = [
  'when the mail system has done it',
  'when the submission server has taken it',
  'as the answer begins',
  'at some moment',
] as const;
/** There nobody can know whether the submission server took a message: it may come again, under the same Message-ID. */
const MAY_SEND_AGAIN: readonly Moment[] = ['when the submission server has taken it', 'at some moment'];

const SCENARIOS_AT: Readonly<Record<Moment, readonly Scenario[]>> = {
  'when the mail system has done it': SCENARIOS.filter((it) => CHANGING.test(it.title)),
  'when the submission server has taken it': SCENARIOS.filter((it) => it.sends),
  'as the answer begins': SCENARIOS.filter((it) => IS_FULL || it.title === 'SendMail'),
  'at some moment': SCENARIOS.filter((it) => IS_FULL || it.title === 'SendMail'),
};
const CASES = MOMENTS.flatMap((moment) => SCENARIOS_AT[moment].map((scenario) => ({ moment, scenario })));
const indexOf = (moment: Moment, scenario: Scenario) =>
  CASES.findIndex((it) => it.moment === moment && it.scenario === scenario);

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start({
    users: CASES.map((_, index) => `user${index}`),
    settings: { 'policy-requirement': 'required' },
  });
});
afterAll(() => stage.stop());

describe.each(MOMENTS)(`killed %s (CARAVAN_TEST_SEED=${SEED})`, (moment) => {
  it.each(SCENARIOS_AT[moment])('$title ($command at $version)', { timeout: 180_000 }, async (scenario) => {
    const index = indexOf(moment, scenario);
    const user = `user${index}`;
    const phone = stage.phone({ user, version: scenario.version });
    const play = await scenario.prepare({ stage, user, phone });
    const sentBefore = stage.smtp.messages.length;
    const killing = new Killing(stage, user, new SeededRandom(SEED + index));
    killing.arm(moment);
    try {
      await play.act();
    } finally {
      // What goes wrong here must not go on in the next test.
      await killing.end();
    }
    expect(killing.kills).toBeGreaterThanOrEqual(1);
    const contents = await stage.settle(user, phone);
    expect(stage.resyncsOf(user)).toEqual([]);
    if (MAY_SEND_AGAIN.includes(moment)) takeOnce(sentBefore);
    await play.check(contents);
  });
});

/** Forgets messages that the submission server was given again under the same Message-ID. */
function takeOnce(from: number): void {
  const ids = new Set<string>();
  for (const message of stage.smtp.messages.splice(from)) {
    const id = /^Message-ID: *(\S+)/im.exec(message.raw.toString('latin1'))?.[1] ?? '';
    if (!ids.has(id)) stage.smtp.messages.push(message);
    ids.add(id);
  }
}

/** Kills the server at every first time of a kind, and starts it again. */
class Killing {
  readonly #stage: Stage;
  readonly #user: string;
  readonly #random: SeededRandom;
  #dying: Promise<void> = Promise.resolve();
  #isUp = true;
  /** How often it was killed. */
  kills = 0;

  constructor(stage: Stage, user: string, random: SeededRandom) {
    this.#stage = stage;
    this.#user = user;
    this.#random = random;
  }

  arm(moment: Moment): void {
    const { wire, intercepts } = this.#stage;
    if (moment === 'when the mail system has done it') {
      const seen = new Set<string>();
      wire.onDone = (verb) => {
        if (seen.has(verb)) return false;
        seen.add(verb);
        this.#kill();
        return true;
      };
    } else if (moment === 'when the submission server has taken it') {
      let isFirst = true;
      this.#stage.onTaken = () => {
        if (isFirst) this.#kill();
        isFirst = false;
      };
    } else {
      const losing = new LoseEachOnce(() =>
        moment === 'as the answer begins'
          ? { at: 'first-byte', act: () => this.#kill() }
          : {
              at: 'forwarded',
              act: () => void setTimeout(() => this.#kill(), this.#random.between(0, LONGEST_DELAY_MS)),
            },
      );
      intercepts.set(this.#user, losing.intercept);
    }
  }

  /** Resolves when it is up again. */
  async end(): Promise<void> {
    this.#stage.intercepts.delete(this.#user);
    await new Promise((done) => setTimeout(done, LONGEST_DELAY_MS));
    this.#stage.wire.onDone = () => false;
    this.#stage.onTaken = () => {};
    await this.#dying;
  }

  /** At once: it must not live to see what comes of it, a lost connection say, and answer that. */
  #kill(): void {
    const { server } = this.#stage;
    this.kills++;
    const ended = this.#isUp ? server.end('SIGKILL') : undefined;
    this.#isUp = false;
    this.#dying = this.#dying.then(async () => {
      await (ended ?? server.end('SIGKILL'));
      await server.launch();
      this.#isUp = true;
    });
  }
}
