/** Which folder a person means: its name, its ServerId, or the inbox. */
import { type DeviceClient, type DeviceFolder, FolderType } from '../../activesync/client/index.ts';
import { CliError } from '../errors.ts';

export async function pickFolder(client: DeviceClient, named: string | undefined): Promise<DeviceFolder> {
  await client.folderSync();
  if (named === undefined) return client.folder(FolderType.inbox);
  const folders = Object.values(client.state.folders);
  const wanted = named.toLowerCase();
  const found =
    folders.find((it) => it.serverId === named) ?? folders.find((it) => it.displayName.toLowerCase() === wanted);
  if (found) return found;
  const names = folders.map((it) => it.displayName).join(', ');
  throw new CliError('no-such-folder', `There is no folder '${named}'`, `There are ${names}.`);
}
