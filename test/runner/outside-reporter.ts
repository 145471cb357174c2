/** A reporter for vitest: errors outside any test, which its JSON report does not tell, are added as lines to a file. */
import { appendFileSync } from 'node:fs';

/** The environment's name for the file. */
export const OUTSIDE_FILE = 'CARAVAN_TEST_OUTSIDE_FILE';

// vitest takes a reporter from the default export.
// oxlint-disable-next-line import/no-default-export
export default class OutsideReporter {
  onTestRunEnd(_modules: readonly unknown[], errors: readonly { readonly message?: string }[]): void {
    const file = process.env[OUTSIDE_FILE];
    if (!file) return;
    for (const { message = 'no message' } of errors) appendFileSync(file, `${message.split('\n', 1)[0]}\n`);
  }
}
