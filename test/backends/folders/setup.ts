/** A mail system on temporary folders with two users. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FoldersMailSystem, type FoldersOptions, type Mailbox, openFolders } from '../../../lib/backends/index.ts';
import { writeUsersFile } from '../../../lib/backends/folders/index.ts';
import { systemRandom } from '../../../lib/platform/index.ts';

export const PASSWORDS = { ada: 'correct horse', bob: 'battery staple' } as const;
export type UserName = keyof typeof PASSWORDS;

export async function makeRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'caravan-folders-'));
  const users = [
    { name: 'ada', displayName: 'Ada Lovelace', addresses: ['ada@example.org', 'a.lovelace@example.org'] },
    { name: 'bob', displayName: 'Bob Moss', addresses: ['bob@example.org'] },
  ] as const;
  await writeUsersFile(
    root,
    users.map((user) => ({ ...user, password: PASSWORDS[user.name] })),
    systemRandom,
  );
  return root;
}

export interface TestSystem {
  readonly root: string;
  readonly system: FoldersMailSystem;
  open(user?: UserName): Promise<Mailbox>;
  stop(): Promise<void>;
}

export async function startSystem(options: Partial<FoldersOptions> = {}): Promise<TestSystem> {
  const root = options.root ?? (await makeRoot());
  const system = await openFolders({ ...options, root });
  return {
    root,
    system,
    open: (user = 'ada') => openAs(system, user),
    async stop() {
      await system.close();
      // What it does beside may write still.
      if (options.root === undefined) await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export async function openAs(system: FoldersMailSystem, user: UserName): Promise<Mailbox> {
  const credentials = { userName: user, password: PASSWORDS[user] };
  const account = await system.authenticate(credentials);
  if (!account) throw new Error(`${user} cannot sign in`);
  return system.open(account, credentials);
}

let serial = 0;

/** As any program delivers: written to tmp, renamed into new. */
export async function deliverFile(directory: string, raw: Uint8Array | string): Promise<string> {
  const name = `${Math.floor(Date.now() / 1000)}.P${process.pid}Q${++serial}.elsewhere`;
  await writeFile(join(directory, 'tmp', name), raw);
  await rename(join(directory, 'tmp', name), join(directory, 'new', name));
  return name;
}
