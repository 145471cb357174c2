// The IMAP server is stopped, or killed, and comes back: no device loses anything, is asked for its password, or begins again.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FolderType } from '../../lib/activesync/client/index.ts';
import { SeededRandom } from '../simulation/support/seeded-random.ts';
import { Crowd } from './support/crowd.ts';
import { persistentTransport } from './support/persistent-transport.ts';
import { SCENARIOS } from './support/scenarios.ts';
import { Stage } from './support/stage.ts';
import { tellsOfTrouble } from './support/trouble.ts';

const SEED = Number(process.env['CARAVAN_TEST_SEED'] ?? Date.now() % 1_000_000);
const SIGNALS = ['SIGTERM', 'SIGKILL'] as const;
const RESTARTS = 6;
const LONGEST_AWAY_MS = 1_500;
const PATIENCE_MS = 300_000;
const LIVING = ['eve', 'fred', 'gina'];
const pause = (delayMs: number) => new Promise((done) => setTimeout(done, delayMs));

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let stage: Stage;
beforeAll(async () => {
  const users = SIGNALS.flatMap((signal) => SCENARIOS.map((_, index) => `${signal.toLowerCase()}${index}`));
  stage = await Stage.start({
    users: [...users, ...LIVING, 'waiter', 'asker', 'stranger'],
    settings: { 'policy-requirement': 'required' },
  });
});
afterAll(() => stage.stop());

describe.each(SIGNALS)('%s', (signal) => {
  it('in the midst of every kind of command: each is done once when it is back', { timeout: 600_000 }, async () => {
    const parts = SCENARIOS.map((scenario, index) => {
      const user = `${signal.toLowerCase()}${index}`;
      const patient = persistentTransport(stage.hardships, { isTrouble: tellsOfTrouble, limitMs: PATIENCE_MS });
      return { scenario, user, phone: stage.phone({ user, version: scenario.version, transport: patient }) };
    });
    const played: { act: () => Promise<void>; check: () => Promise<void> }[] = [];
    for (const { scenario, user, phone } of parts) {
      const play = await scenario.prepare({ stage, user, phone });
      const check = async () => play.check(await stage.settle(user, phone));
      played.push({ act: () => play.act(), check });
    }
    const acts = played.map((it) => it.act());
    await pause(10);
    await stage.dovecot.pause(signal);
    await pause(LONGEST_AWAY_MS);
    await stage.dovecot.resume();
    const failures: string[] = [];
    for (const [index, act] of acts.entries()) {
      try {
        await act;
        await played[index]?.check();
      } catch (thrown) {
        failures.push(`${parts[index]?.scenario.title}: ${(thrown as Error).message}`);
      }
    }
    expect(failures).toEqual([]);
    expect(stage.resyncs).toEqual([]);
  });
});

it(`${RESTARTS} times while people live on (CARAVAN_TEST_SEED=${SEED})`, { timeout: 600_000 }, async () => {
  const random = new SeededRandom(SEED);
  const crowd = await Crowd.gather(stage, { users: LIVING, devicesPerUser: 2, seed: SEED });
  const commands = await crowd.during(async () => {
    for (let count = 0; count < RESTARTS; count++) {
      await pause(random.between(200, 2_000));
      await stage.dovecot.pause(random.pick(SIGNALS));
      await pause(random.between(0, LONGEST_AWAY_MS));
      await stage.dovecot.resume();
    }
  });
  expect(commands).toBeGreaterThan(RESTARTS);
});

describe('while it is away', () => {
  it('a Ping that is held stays held, and tells of mail that came meanwhile', async () => {
    const phone = stage.phone({ user: 'waiter' });
    await stage.syncEverything(phone);
    const inbox = phone.folder(FolderType.inbox).serverId;
    const ping = phone.ping({ heartbeatSeconds: 300, folders: [{ id: inbox, itemClass: 'Email' }] });
    await pause(500);
    await stage.dovecot.pause('SIGKILL');
    await stage.put('waiter');
    const first = await Promise.race([ping, pause(1_000)]);
    await stage.dovecot.resume();
    expect(first).toBeUndefined();
    expect(await ping).toMatchObject({ status: 2, changedFolderIds: [inbox] });
    await stage.settle('waiter', phone);
    expect(stage.resyncsOf('waiter')).toEqual([]);
  });

  it('a device is told to come again: never that its password or its key is wrong', async () => {
    const phone = stage.phone({ user: 'asker', persists: false });
    const stranger = stage.phone({ user: 'stranger', persists: false });
    await stage.syncEverything(phone);
    const inbox = phone.folder(FolderType.inbox).serverId;
    await stage.dovecot.pause();
    try {
      await pause(300);
      const trouble = await phone.sync({ collectionId: inbox, getChanges: true }).then(
        (answer) => answer?.status ?? 1,
        (thrown: { status?: number; httpStatus?: number }) => thrown.status ?? thrown.httpStatus,
      );
      // Nothing new as far as is known, or: come again.
      expect([1, 5, 16]).toContain(trouble);
      await expect(phone.folderCreate({ parentId: '0', displayName: 'New', type: 12 })).rejects.toMatchObject({
        status: 6,
      });
      // Of somebody whose password was never asked about, nothing can be said.
      await expect(stranger.folderSync()).rejects.toMatchObject({ httpStatus: 503 });
    } finally {
      await stage.dovecot.resume();
    }
    await stage.settle('asker', phone);
    await stranger.folderSync();
    expect(stage.resyncsOf('asker')).toEqual([]);
  });
});
