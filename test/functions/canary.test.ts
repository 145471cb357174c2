// The canary against a server of the sources: what it tells of one that serves, and of one that does not.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Canary, type CanaryParts } from '../../functions/canary/canary.ts';
import { mailboxOf } from '../../functions/canary/mailbox.ts';
import { silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { PASSWORDS } from '../backends/folders/setup.ts';
import { FoldersServer } from '../support/folders-server.ts';

let server: FoldersServer;
beforeAll(async () => {
  server = await FoldersServer.start();
});
afterAll(() => server.stop());

function canaryAt(url: string) {
  const lines: string[] = [];
  const parts: CanaryParts = {
    url,
    pool: 'one',
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    write: (line) => lines.push(line),
  };
  const figures = () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;
  return { canary: new Canary(parts), figures };
}

const ada = async () => ({ user: 'ada', password: PASSWORDS.ada });

it('that is served says so, how fast, and goes on from there the next time', async () => {
  const { canary, figures } = canaryAt(server.url);
  for (let flight = 0; flight < 2; flight++) {
    expect(await canary.fly(ada)).toMatchObject({ isServed: true });
    expect(figures()).toMatchObject({ Pool: 'one', CanaryAvailability: 1 });
    expect(figures()['CanarySeconds']).toBeGreaterThan(0);
  }
});

it('that is refused, or finds nobody, says so and why', async () => {
  const refused = canaryAt(server.url);
  const wrong = async () => ({ user: 'ada', password: 'wrong' });
  expect(await refused.canary.fly(wrong)).toMatchObject({ isServed: false, why: expect.any(String) as string });
  expect(refused.figures()).toMatchObject({ CanaryAvailability: 0 });
  const alone = canaryAt('http://127.0.0.1:9');
  expect(await alone.canary.fly(ada)).toMatchObject({ isServed: false });
  expect(alone.figures()).toMatchObject({ CanaryAvailability: 0 });
});

it('whose secret is no mailbox has not looked: it says what to write, and nothing of what is there', async () => {
  const secrets = { read: async () => '{"user":"ada","pass":"hidden-word"}' };
  const failure = mailboxOf(secrets, 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:canary');
  await expect(failure).rejects.toThrow(/is no mailbox/);
  await expect(failure).rejects.not.toThrow(/hidden-word/);
});
