/** The embedded mail system of a pool: mail folders that its servers share, and one door for mail that comes in. */
import { DEMO_USERS, openFolders, seedFolders, startSmtpIn } from '../../backends/index.ts';
import { type Log, systemClock, systemRandom } from '../../platform/index.ts';

export interface LocalMail {
  readonly smtpPort: number;
  readonly users: readonly { readonly address: string; readonly password: string }[];
  readonly isNew: boolean;
  close(): Promise<void>;
}

interface LocalMailOptions {
  readonly root: string;
  readonly smtpPort: number;
  readonly log: Log;
  readonly onSeed: () => void;
}

/** Throws BackendError('unavailable'). */
export async function openLocalMail({ root, smtpPort, log, onSeed }: LocalMailOptions): Promise<LocalMail> {
  onSeed();
  const isNew = await seedFolders({ root, clock: systemClock, random: systemRandom });
  const system = await openFolders({ root, clock: systemClock, random: systemRandom, log });
  try {
    const smtpIn = await startSmtpIn({ system, port: smtpPort, log });
    return {
      smtpPort: smtpIn.port,
      users: DEMO_USERS.map(({ address, password }) => ({ address, password })),
      isNew,
      async close() {
        await smtpIn.close();
        await system.close();
      },
    };
  } catch (thrown) {
    await system.close();
    throw thrown;
  }
}
