/** Which file serves which command. A command without a line here is answered 501: the device is told so, not left waiting. */
import type { CommandName } from '../protocol/index.ts';
import type { Command } from './command.ts';

/** One line a command, in alphabetical order. */
export const COMMAND_TABLE: Readonly<Partial<Record<CommandName, Command>>> = {};
