/** `caravan device watch`: lies on a table like a phone, and tells what comes in. */
import type { Command } from 'commander';
import { byDate, mailLine, showMail } from './mail-lines.ts';
import { deviceSubcommand, type DeviceOptions, type OpenDevice, withDevice } from './open-device.ts';
import { pickFolder } from './pick-folder.ts';

interface WatchOptions extends DeviceOptions {
  readonly folder?: string;
  readonly once?: boolean;
}

export function watchCommand(): Command {
  return deviceSubcommand('watch', 'Wait as a phone does, and show each message as it comes in.')
    .option('--folder <name>', 'the folder (default: the inbox)')
    .option('--once', 'end after the first change')
    .action(withDevice<WatchOptions>(watch));
}

async function watch(device: OpenDevice, options: WatchOptions): Promise<void> {
  const { client, terminal } = device;
  terminal.progress('Syncing …');
  const folder = await pickFolder(client, options.folder);
  const request = { collectionId: folder.serverId };
  await client.syncAll(request, { onProgress: ({ items }) => terminal.progress(`${items} messages …`) });
  await device.save();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const held = client.items(folder.serverId).length;
  terminal.result(
    { watching: folder.displayName, messages: held },
    `Watching ${folder.displayName} (${held} messages). Ctrl-C ends it.`,
  );
  const folders = [{ id: folder.serverId, itemClass: 'Email' }];
  for await (const event of client.watch({ folders, signal: stop.signal })) {
    if (event.kind === 'quiet') terminal.progress(`Nothing new for ${event.heartbeatSeconds} s …`);
    if (event.kind === 'lost') terminal.say(`The server did not answer (${event.why}); trying again.`);
    if (event.kind !== 'changes') continue;
    await showChanges(device, folder.serverId);
    await device.save();
    if (options.once === true) return;
  }
}

async function showChanges({ client, terminal }: OpenDevice, collectionId: string): Promise<void> {
  const before = new Set(client.items(collectionId).map((it) => it.serverId));
  const totals = await client.syncAll({ collectionId });
  const fresh = client.items(collectionId).filter((it) => !before.has(it.serverId));
  for (const line of fresh.map(mailLine).sort(byDate)) terminal.result({ kind: 'new', ...line }, showMail(line));
  const { changed, deleted } = totals;
  if (changed + deleted > 0)
    terminal.result({ kind: 'others', changed, deleted }, `  ${changed} changed, ${deleted} gone`);
}
