/** What every `caravan outbox` subcommand needs: the options, the dead letters, the table of the records. */
import { Command, Option } from 'commander';
import type { DeadLetter, DeadLetters } from '../../outbox/sqs/index.ts';
import { systemClock, systemRandom } from '../../platform/index.ts';
import { openDynamoStore, type Store } from '../../store/index.ts';
import { CliError } from '../errors.ts';
import { openTerminal, type Terminal } from '../terminal.ts';

export interface OutboxOptions {
  readonly queue: string;
  readonly json?: boolean;
}

export interface OpenOutbox {
  readonly letters: DeadLetters;
  readonly terminal: Terminal;
}

/** A subcommand with the options that all of them have. */
export function outboxSubcommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(
      new Option('--queue <url>', "the queue's URL, an output of the pool's stack")
        .env('CARAVAN_OUTBOX_QUEUE_URL')
        .makeOptionMandatory(),
    )
    .option('--json', 'one JSON document a line');
}

/** Runs `action` and closes what was opened for it. */
export async function withOutbox(
  { queue, json }: OutboxOptions,
  action: (outbox: OpenOutbox) => Promise<void>,
): Promise<void> {
  if (!/^https?:\/\/[^/]+\/.+/i.test(queue) || !URL.canParse(queue)) {
    const example = 'https://sqs.eu-central-1.amazonaws.com/123456789012/outbox';
    throw new CliError('bad-option', `--queue ${queue} is no URL of a queue`, `Give one such as ${example}.`);
  }
  // The AWS client is loaded where it is used: other subcommands need not wait for it.
  const { DeadLetters } = await import('../../outbox/sqs/index.ts');
  const letters = new DeadLetters({ queueUrl: queue }, systemRandom);
  try {
    await action({ letters, terminal: openTerminal(json === true, process.stdout, process.stderr) });
  } finally {
    letters.close();
  }
}

/** Where the intent records are. */
export async function withTable<T>(table: string | undefined, action: (store: Store) => Promise<T>): Promise<T> {
  if (table === undefined) {
    throw new CliError('bad-option', 'No table was given', "Give --table, an output of the pool's stack.");
  }
  const store = await openDynamoStore({ table, clock: systemClock, random: systemRandom });
  try {
    return await action(store);
  } finally {
    await store.close();
  }
}

/** Those that were named, or all. The others are let go at once. Throws CliError for a name that none of them has. */
export async function chosen(
  letters: DeadLetters,
  ids: readonly string[],
  isAll: boolean,
): Promise<readonly DeadLetter[]> {
  if (isAll === ids.length > 0) {
    throw new CliError('bad-option', 'It is not clear which are meant', 'Name them by their ids, or give --all.');
  }
  const found = await letters.list();
  const wanted = isAll ? found : found.filter(({ id }) => ids.includes(id));
  await letters.release(found.filter((it) => !wanted.includes(it)));
  const missing = ids.filter((id) => !found.some((it) => it.id === id));
  if (missing.length === 0) return wanted;
  await letters.release(wanted);
  throw new CliError(
    'no-such-message',
    `There is no dead letter ${missing.join(', ')}`,
    '`caravan outbox list` tells those that there are. One that somebody else looks at is back within a minute.',
  );
}
