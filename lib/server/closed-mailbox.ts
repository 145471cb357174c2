/** The mailbox of a user whom nobody has signed in: what is stored of the devices can be worked on, and no mail is reached. */
import { type Account, BackendError, type Mailbox } from '../backends/index.ts';

const nothing = {
  hasCondstore: false,
  hasQresync: false,
  canPush: false,
  canSearch: false,
  hasKeywords: false,
  canAutoReply: false,
};

/** Everything but closing it throws BackendError('unavailable'). */
export function closedMailbox(account: Account): Mailbox {
  const refused = (): Promise<never> =>
    Promise.reject(
      new BackendError('unavailable', `The mailbox of ${account.user} is not open`, {
        why: 'no device has signed in lately',
      }),
    );
  return {
    account,
    capabilities: nothing,
    folders: refused,
    createFolder: refused,
    renameFolder: refused,
    deleteFolder: refused,
    changes: refused,
    fetch: refused,
    updateFlags: refused,
    move: refused,
    remove: refused,
    append: refused,
    findMessageId: refused,
    search: refused,
    submit: refused,
    watch: refused,
    close: async () => {},
  };
}
