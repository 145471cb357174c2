/**
 * What every mail system must do: one `it` for each sentence of `lib/backends/backend.ts`. An implementation's test calls
 * `describeBackendContract('imap', setUp)`.
 */
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { describeAccounts } from './backend/accounts.ts';
import { describeChanges } from './backend/changes.ts';
import { type BackendUnderTest, BackendFixture } from './backend/fixture.ts';
import { describeFetch } from './backend/fetch.ts';
import { describeFolders } from './backend/folders.ts';
import { describeMessages } from './backend/messages.ts';
import { describeSearch } from './backend/search.ts';
import { describeSubmission } from './backend/submission.ts';
import { describeWatch } from './backend/watch.ts';

export type { BackendUnderTest } from './backend/fixture.ts';

/** `setUp` is called once; the tests make folders of their own and tolerate what other tests left in the inbox. */
export function describeBackendContract(name: string, setUp: () => Promise<BackendUnderTest>): void {
  describe(`mail system contract: ${name}`, () => {
    const fixture = new BackendFixture();
    beforeAll(async () => fixture.start(await setUp()));
    afterEach(() => fixture.closeMailboxes());
    afterAll(() => fixture.stop());

    describeAccounts(fixture);
    describeFolders(fixture);
    describeChanges(fixture);
    describeFetch(fixture);
    describeMessages(fixture);
    describeSearch(fixture);
    describeSubmission(fixture);
    describeWatch(fixture);
  });
}
