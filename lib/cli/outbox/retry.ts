/** `caravan outbox retry`: dead letters go back into the queue. */
import type { Command } from 'commander';
import { chosen, type OutboxOptions, outboxSubcommand, withOutbox } from './open-outbox.ts';

export function retryCommand(): Command {
  return outboxSubcommand(
    'retry',
    'Put dead letters back into the queue; one that was sent meanwhile is not sent again.',
  )
    .argument('[ids...]', 'which; `caravan outbox list` tells them')
    .option('--all', 'all of them')
    .action((ids: string[], options: OutboxOptions & { readonly all?: boolean }) =>
      withOutbox(options, async ({ letters, terminal }) => {
        const wanted = await chosen(letters, ids, options.all === true);
        for (const [index, letter] of wanted.entries()) {
          terminal.progress(`Back into the queue: ${index + 1} of ${wanted.length} …`);
          await letters.retry(letter);
        }
        terminal.result({ retried: wanted.map(({ id }) => id) }, `Back in the queue: ${wanted.length}.`);
      }),
    );
}
