/** Which file serves which command. A command without a line here is answered 501: the device is told so, not left waiting. */
import type { CommandName } from '../protocol/index.ts';
import type { Command } from './command.ts';
import { find } from './find.ts';
import { folderCreate } from './folder-create.ts';
import { folderDelete } from './folder-delete.ts';
import { folderSync } from './folder-sync.ts';
import { folderUpdate } from './folder-update.ts';
import { getAttachment } from './get-attachment.ts';
import { getHierarchy } from './get-hierarchy.ts';
import { getItemEstimate } from './get-item-estimate.ts';
import { itemOperations } from './item-operations.ts';
import { meetingResponse } from './meeting-response.ts';
import { moveItems } from './move-items.ts';
import { ping } from './ping.ts';
import { provision } from './provision.ts';
import { resolveRecipients } from './resolve-recipients.ts';
import { search } from './search.ts';
import { sendMail } from './send-mail.ts';
import { settings } from './settings.ts';
import { smartForward } from './smart-forward.ts';
import { smartReply } from './smart-reply.ts';
import { sync } from './sync.ts';

import { validateCert } from './validate-cert.ts';

/** One line a command, in alphabetical order. */
export const COMMAND_TABLE: Readonly<Partial<Record<CommandName, Command>>> = {
  Find: find,
  FolderCreate: folderCreate,
  FolderDelete: folderDelete,
  FolderSync: folderSync,
  FolderUpdate: folderUpdate,
  GetAttachment: getAttachment,
  GetHierarchy: getHierarchy,
  GetItemEstimate: getItemEstimate,
  ItemOperations: itemOperations,
  MeetingResponse: meetingResponse,
  MoveItems: moveItems,
  Ping: ping,
  Provision: provision,
  ResolveRecipients: resolveRecipients,
  Search: search,
  SendMail: sendMail,
  Settings: settings,
  SmartForward: smartForward,
  SmartReply: smartReply,
  Sync: sync,
  ValidateCert: validateCert,
};
