// kill -9 at random moments while people live on with their phones. Nothing is lost, nothing is done twice, nobody begins again.
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { SeededRandom } from '../simulation/support/seeded-random.ts';
import { fuzzCases } from '../support/fuzz-cases.ts';
import { Crowd } from './support/crowd.ts';
import { Stage } from './support/stage.ts';

const SEED = Number(process.env['CARAVAN_TEST_SEED'] ?? Date.now() % 1_000_000);
const KILLS = Math.max(3, fuzzCases(50));
/** Of the server, in commands that people were told of; then it dies some moment later. */
const LONGEST_LIFE = 5;
const LONGEST_DELAY_MS = 80;
const USERS = ['ada', 'bob', 'cleo'];

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start({ users: USERS });
});
afterAll(() => stage.stop());

it(`killed ${KILLS} times at random moments (CARAVAN_TEST_SEED=${SEED})`, { timeout: 900_000 }, async () => {
  const random = new SeededRandom(SEED);
  const crowd = await Crowd.gather(stage, { users: USERS, devicesPerUser: 2, seed: SEED });
  const commands = await crowd.during(async () => {
    for (let kills = 0; kills < KILLS; kills++) {
      await crowd.progress(random.between(1, LONGEST_LIFE));
      await new Promise((done) => setTimeout(done, random.between(0, LONGEST_DELAY_MS)));
      await stage.server.end('SIGKILL');
      await stage.server.launch();
    }
  });
  const { lost, refused } = crowd.hardships;
  process.stdout.write(
    `${KILLS} kills, ${commands} commands done, ${lost} requests without an answer, ${refused} refused\n`,
  );
  expect(commands).toBeGreaterThan(KILLS);
  expect(lost).toBeGreaterThanOrEqual(KILLS);
});
