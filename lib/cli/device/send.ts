/** `caravan device send`: sends a message as a phone does. */
import type { Command } from 'commander';
import { composeMail } from '../../activesync/client/index.ts';
import { deviceSubcommand, type DeviceOptions, withDevice } from './open-device.ts';

interface SendOptions extends DeviceOptions {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly from?: string;
}

export function sendCommand(): Command {
  return deviceSubcommand('send', 'Send a message as a phone does.')
    .requiredOption('--to <addresses>', 'recipients, parted by commas')
    .option('--subject <text>', 'the subject', 'From a Caravan device')
    .option('--text <text>', 'the text', 'Sent by caravan device send.')
    .option('--from <address>', 'the sender (default: the user)')
    .action(
      withDevice<SendOptions>(async ({ client, terminal }, { to, subject, text, from, user }) => {
        terminal.progress('Sending …');
        const recipients = to.split(',').map((it) => it.trim());
        await client.sendMail({ mime: await composeMail({ from: from ?? user, to: recipients, subject, text }) });
        terminal.result({ sent: true, to: recipients, subject }, `Sent to ${recipients.join(', ')}.`);
      }),
    );
}
