/** Which file serves which command. A command without a line here is answered 501: the device is told so, not left waiting. */
import type { CommandName } from '../protocol/index.ts';
import type { Command } from './command.ts';
import { provision } from './provision.ts';
import { settings } from './settings.ts';

/** One line a command, in alphabetical order. */
export const COMMAND_TABLE: Readonly<Partial<Record<CommandName, Command>>> = {
  Provision: provision,
  Settings: settings,
};
