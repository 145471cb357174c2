/** Ping: wait until one of the folders has something new. */
import { type Element, element, integer, textOf } from '../protocol/index.ts';
import { elementsAt } from './answer-status.ts';
import type { DeviceSession } from './session.ts';

/** Beyond the heartbeat, until an answer counts as lost. */
const ANSWER_MARGIN_MS = 30_000;
const REMEMBERED_HEARTBEAT_SECONDS = 3_600;

export interface PingRequest {
  /** Left out: what the server remembers of the last Ping. */
  readonly heartbeatSeconds?: number | undefined;
  /** Left out: what the server remembers. */
  readonly folders?: readonly PingFolder[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PingFolder {
  readonly id: string;
  /** 'Email', 'Calendar', 'Contacts', 'Tasks', 'Notes' */
  readonly itemClass: string;
}

export interface PingAnswer {
  /** Of PingStatus. */
  readonly status: number;
  readonly changedFolderIds: readonly string[];
  /** The bound that Status 5 comes with. */
  readonly heartbeatSeconds: number | undefined;
  /** The bound that Status 6 comes with. */
  readonly maxFolders: number | undefined;
}

/** Sent once: a lost Ping is the caller's to judge, since its heartbeat may be what broke it. */
export async function ping(session: DeviceSession, request: PingRequest = {}): Promise<PingAnswer> {
  const { heartbeatSeconds, folders, signal } = request;
  const isRemembered = heartbeatSeconds === undefined && folders === undefined;
  const response = await session.run('Ping', {
    document: isRemembered ? undefined : pingDocument(heartbeatSeconds, folders),
    timeoutMs: (heartbeatSeconds ?? REMEMBERED_HEARTBEAT_SECONDS) * 1000 + ANSWER_MARGIN_MS,
    retry: { attempts: 1 },
    signal,
  });
  const { document } = response;
  return {
    status: integer(document, 'Ping:Status') ?? 0,
    changedFolderIds: elementsAt(document, 'Ping:Folders', 'Ping:Folder').map(textOf),
    heartbeatSeconds: integer(document, 'Ping:HeartbeatInterval'),
    maxFolders: integer(document, 'Ping:MaxFolders'),
  };
}

function pingDocument(heartbeatSeconds: number | undefined, folders: readonly PingFolder[] | undefined): Element {
  return element(
    'Ping:Ping',
    heartbeatSeconds !== undefined && element('Ping:HeartbeatInterval', heartbeatSeconds),
    folders !== undefined &&
      element(
        'Ping:Folders',
        folders.map((it) => element('Ping:Folder', element('Ping:Id', it.id), element('Ping:Class', it.itemClass))),
      ),
  );
}
