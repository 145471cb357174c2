/** The Status that an answer bears as a whole, for whoever counts answers. */
import { child, children, type Element, text } from './document.ts';
import type { CommandName } from './request.ts';
import * as statuses from './status.ts';
import { statusTagOf } from './status-answer.ts';

const SUCCESS = String(statuses.SyncStatus.success);

/**
 * The command's own Status; of a Sync that names none (2.2.3.177.17), that of the first collection that is not well, else of the
 * first. Undefined where the answer has none.
 */
export function answerStatusOf(answer: Element): number | undefined {
  const tag = statusTagOf(answer.tag);
  const own = (tag && text(answer, tag)) ?? (answer.tag === 'AirSync:Sync' ? statusOfCollections(answer) : undefined);
  return own === undefined ? undefined : Number(own);
}

function statusOfCollections(answer: Element): string | undefined {
  const all = children(child(answer, 'AirSync:Collections'), 'AirSync:Collection').map((it) =>
    text(it, 'AirSync:Status'),
  );
  return all.find((it) => it !== undefined && it !== SUCCESS) ?? all[0];
}

/** Whether the protocol has it: a command's answers bear one of a fixed number. */
export function isStatusOf(command: CommandName, status: number): boolean {
  return COMMON.has(status) || (OWN[command]?.has(status) ?? false);
}

const valuesOf = (table: Readonly<Record<string, number>>): ReadonlySet<number> => new Set(Object.values(table));
const COMMON = valuesOf(statuses.CommonStatus);
const OWN: Readonly<Partial<Record<CommandName, ReadonlySet<number>>>> = {
  Sync: valuesOf(statuses.SyncStatus),
  SendMail: valuesOf(statuses.SendMailStatus),
  SmartForward: valuesOf(statuses.SendMailStatus),
  SmartReply: valuesOf(statuses.SendMailStatus),
  FolderSync: valuesOf(statuses.FolderSyncStatus),
  FolderCreate: valuesOf(statuses.FolderCreateStatus),
  FolderDelete: valuesOf(statuses.FolderDeleteStatus),
  FolderUpdate: valuesOf(statuses.FolderUpdateStatus),
  MoveItems: valuesOf(statuses.MoveItemsStatus),
  GetItemEstimate: valuesOf(statuses.GetItemEstimateStatus),
  MeetingResponse: valuesOf(statuses.MeetingResponseStatus),
  Search: valuesOf(statuses.SearchStatus),
  Settings: valuesOf(statuses.SettingsStatus),
  Ping: valuesOf(statuses.PingStatus),
  ItemOperations: valuesOf(statuses.ItemOperationsStatus),
  Provision: valuesOf(statuses.ProvisionStatus),
  ResolveRecipients: valuesOf(statuses.ResolveRecipientsStatus),
  ValidateCert: valuesOf(statuses.ValidateCertStatus),
  Find: valuesOf(statuses.FindStatus),
};
