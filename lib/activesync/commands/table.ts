/** Which file serves which command. A command without a line here is answered 501: the device is told so, not left waiting. */
import type { CommandName } from '../protocol/index.ts';
import type { Command } from './command.ts';
import { folderCreate } from './folder-create.ts';
import { folderDelete } from './folder-delete.ts';
import { folderSync } from './folder-sync.ts';
import { folderUpdate } from './folder-update.ts';
import { getItemEstimate } from './get-item-estimate.ts';
import { moveItems } from './move-items.ts';
import { ping } from './ping.ts';
import { provision } from './provision.ts';
import { settings } from './settings.ts';

/** One line a command, in alphabetical order. */
export const COMMAND_TABLE: Readonly<Partial<Record<CommandName, Command>>> = {
  FolderCreate: folderCreate,
  FolderDelete: folderDelete,
  FolderSync: folderSync,
  FolderUpdate: folderUpdate,
  GetItemEstimate: getItemEstimate,
  MoveItems: moveItems,
  Ping: ping,
  Provision: provision,
  Settings: settings,
};
