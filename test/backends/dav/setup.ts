/** A mailbox without mail, and collections on a DAV server that is looked at often. */
import { type Folder, type Mailbox, withResources } from '../../../lib/backends/index.ts';
import { type DavConfiguration, openDavResources } from '../../../lib/backends/dav/index.ts';
import { type Log, silentLog, systemClock, systemRandom } from '../../../lib/platform/index.ts';

const INBOX: Folder = {
  id: 'INBOX',
  parentId: undefined,
  name: 'Inbox',
  kind: 'inbox',
  itemClass: 'Email',
  selectable: true,
};

export const QUICK = { requestSeconds: 30, pollMinSeconds: 0.3, pollMaxSeconds: 1 };

export async function openDav(
  configuration: DavConfiguration,
  user: string,
  password: string,
  log: Log = silentLog,
): Promise<Mailbox> {
  const account = { user, addresses: [`${user}@example.org`] };
  const platform = { clock: systemClock, random: systemRandom, log };
  const timed = { timeouts: QUICK, ...configuration };
  const resources = openDavResources(timed, platform, account, { userName: user, password });
  return withResources(noMail(account), resources);
}

function noMail(account: Mailbox['account']): Mailbox {
  const mailbox: Pick<Mailbox, 'account' | 'folders' | 'watch' | 'close'> = {
    account,
    folders: () => Promise.resolve([INBOX]),
    watch: () => Promise.resolve({ update: () => undefined, close: () => Promise.resolve() }),
    close: () => Promise.resolve(),
  };
  return mailbox as Mailbox;
}
