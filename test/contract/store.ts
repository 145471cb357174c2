/**
 * What lib/store/store.ts promises, checked against any implementation. Keys are new in every test, so that a table may be
 * shared and need not be empty; nothing here asks for more than DynamoDB can do.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { describeConditions } from './store-parts/conditions.ts';
import { describeEdges } from './store-parts/edges.ts';
import { describeItems } from './store-parts/items.ts';
import { describeQueries } from './store-parts/queries.ts';
import { subjectOf, type StoreUnderTest } from './store-parts/subject.ts';

export type { StoreUnderTest } from './store-parts/subject.ts';

export function describeStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the contract of Store`, () => {
    let underTest: StoreUnderTest;
    const subject = subjectOf(() => underTest);

    beforeAll(async () => {
      underTest = await open();
    });
    afterAll(async () => {
      await underTest.close();
    });

    describeItems(subject);
    describeConditions(subject);
    describeQueries(subject);
    describeEdges(subject);
  });
}
