/** `caravan outbox list`: how much is on its way, and every dead letter. */
import type { Command } from 'commander';
import type { DeadLetter } from '../../outbox/sqs/index.ts';
import { type OutboxOptions, outboxSubcommand, withOutbox } from './open-outbox.ts';

export function listCommand(): Command {
  return outboxSubcommand('list', 'Tell how much mail is on its way, and list what was given up.').action(
    (options: OutboxOptions) =>
      withOutbox(options, async ({ letters, terminal }) => {
        terminal.progress('Reading the dead letters …');
        const figures = await letters.figures();
        const found = await letters.list();
        await letters.release(found);
        const onItsWay = figures.waiting + figures.inHand + figures.delayed;
        terminal.result(
          { ...figures, deadLetters: found.length },
          `On its way: about ${onItsWay}. Given up: ${found.length}.`,
        );
        for (const letter of found) terminal.result(told(letter), lineOf(letter));
      }),
  );
}

function told({ id, queuedAt, mail, why }: DeadLetter): object {
  const time = new Date(mail?.acceptedAt ?? queuedAt).toISOString();
  if (!mail) return { id, time, why };
  const { user, messageId, from, to, sizeBytes } = mail;
  return { id, time, user, messageId, from, to, sizeBytes };
}

function lineOf({ id, queuedAt, mail, why }: DeadLetter): string {
  const time = new Date(mail?.acceptedAt ?? queuedAt).toISOString().slice(0, 16).replace('T', ' ');
  if (!mail) return `  ${id}  ${time}  no mail that can be sent: ${why ?? 'unknown'}`;
  const size = `${Math.ceil(mail.sizeBytes / 1024)} KB`;
  return `  ${id}  ${time}  ${mail.from} → ${mail.to.join(', ')}  ${size}  ${mail.messageId}`;
}
