/** `caravan outbox drop`: dead letters are never sent. */
import { type Command, Option } from 'commander';
import { systemClock, systemRandom } from '../../platform/index.ts';
import { chosen, type OutboxOptions, outboxSubcommand, withOutbox, withTable } from './open-outbox.ts';

interface DropOptions extends OutboxOptions {
  readonly all?: boolean;
  readonly table?: string;
}

export function dropCommand(): Command {
  return outboxSubcommand('drop', 'Remove dead letters for good: their senders were told that they are sent.')
    .argument('[ids...]', 'which; `caravan outbox list` tells them')
    .option('--all', 'all of them')
    .addOption(new Option('--table <name>', "the pool's table").env('CARAVAN_TABLE'))
    .action((ids: string[], options: DropOptions) =>
      withTable(options.table, (store) =>
        withOutbox(options, async ({ letters, terminal }) => {
          const wanted = await chosen(letters, ids, options.all === true);
          const parts = { store, clock: systemClock, random: systemRandom };
          for (const letter of wanted) {
            const result = await letters.drop(letter, parts);
            const text = result === 'dropped' ? 'dropped' : 'was sent before; it is only removed';
            terminal.result({ id: letter.id, result }, `${letter.id}: ${text}`);
          }
          terminal.say(`Removed: ${wanted.length}.`);
        }),
      ),
    );
}
