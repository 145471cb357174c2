/** Answers that tell of trouble that may pass (the mail system is away, the disk is full): a phone comes again with the same. */
import type { TransportRequest, TransportResponse } from '../../../lib/activesync/client/index.ts';
import {
  CommonStatus,
  type Element,
  FolderCreateStatus,
  FolderDeleteStatus,
  FolderSyncStatus,
  FolderUpdateStatus,
  ItemOperationsStatus,
  MoveItemsStatus,
  PingStatus,
  ProvisionStatus,
  readWbxml,
  SearchStatus,
  SettingsStatus,
  SyncStatus,
  WBXML_CONTENT_TYPE,
} from '../../../lib/activesync/index.ts';

/** Beside the one that all commands have. */
const OF_COMMAND: Readonly<Record<string, readonly number[]>> = {
  Sync: [SyncStatus.serverError, SyncStatus.retry],
  FolderSync: [FolderSyncStatus.serverError],
  FolderCreate: [FolderCreateStatus.serverError],
  FolderUpdate: [FolderUpdateStatus.serverError],
  FolderDelete: [FolderDeleteStatus.serverError],
  ItemOperations: [ItemOperationsStatus.serverError],
  MoveItems: [MoveItemsStatus.failed, MoveItemsStatus.locked],
  Ping: [PingStatus.serverError],
  Provision: [ProvisionStatus.serverError],
  Search: [SearchStatus.serverError],
  Settings: [SettingsStatus.serverUnavailable],
};
const SERVER_ERRORS_FROM = 500;

export function tellsOfTrouble({ url }: TransportRequest, { status, headers, body }: TransportResponse): boolean {
  if (status >= SERVER_ERRORS_FROM) return true;
  if (headers['content-type'] !== WBXML_CONTENT_TYPE || body.length === 0) return false;
  const command = new URL(url).searchParams.get('Cmd') ?? '';
  const statuses = [CommonStatus.serverErrorRetryLater, ...(OF_COMMAND[command] ?? [])].map(String);
  const document = readWbxml(body);
  const tag = `${document.tag.split(':')[0]}:Status`;
  return statusesIn(document, tag).some((it) => statuses.includes(it));
}

/** Items have a Status of their own, in another namespace. */
function statusesIn({ tag, content }: Element, wanted: string): readonly string[] {
  if (typeof content === 'string') return tag === wanted ? [content] : [];
  return content instanceof Uint8Array ? [] : content.flatMap((it) => statusesIn(it, wanted));
}
