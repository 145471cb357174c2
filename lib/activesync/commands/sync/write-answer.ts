/** A collection's answer as the device reads it: the order of SyncResponse.xsd, and nothing that is not needed. */
import type { CollectionAnswer, CommandOutcome, ItemFailure, ServerChange } from '../../../sync/index.ts';
import { type Element, element, SyncStatus } from '../../protocol/index.ts';

/** The children of ApplicationData. */
export type Rendered = readonly Element[];

/** Statuses beyond what the engine tells: of drafts that were to be sent. */
export interface SendOutcome {
  readonly of: 'add' | 'change';
  /** ClientId of an Add, ServerId of a Change. */
  readonly id: string;
  readonly status: number;
}

export interface CollectionReply {
  /** At 12.1 alone: the schema of later versions has no Class here. */
  readonly itemClass: string | undefined;
  readonly id: string;
  readonly syncKey: string;
  readonly status: number;
  readonly outcomes?: readonly CommandOutcome<Rendered>[];
  readonly sends?: readonly SendOutcome[];
  readonly changes?: readonly ServerChange<Rendered>[];
  readonly moreAvailable?: boolean;
}

const FAILURES: Readonly<Record<ItemFailure, number>> = {
  'not-found': SyncStatus.objectNotFound,
  malformed: SyncStatus.conversionError,
  conflict: SyncStatus.conflict,
  'over-quota': SyncStatus.cannotBeCompleted,
  forbidden: SyncStatus.conversionError,
  rejected: SyncStatus.conversionError,
  failed: SyncStatus.serverError,
};

const REFUSALS: Readonly<Record<Extract<CollectionAnswer<unknown>, { kind: 'refused' }>['reason'], number>> = {
  'invalid-key': SyncStatus.invalidSyncKey,
  // 12 would say the same and is ignored by many (devices.md, Errors).
  'not-found': SyncStatus.objectNotFound,
  malformed: SyncStatus.protocolError,
  unavailable: SyncStatus.retry,
};

export const refusedStatus = (reason: keyof typeof REFUSALS): number => REFUSALS[reason];

export function collectionElement(reply: CollectionReply): Element {
  const changes = (reply.changes ?? []).map(changeElement);
  const responses = [...(reply.outcomes ?? []).map(outcomeElement), ...(reply.sends ?? []).map(sendElement)];
  return element(
    'AirSync:Collection',
    reply.itemClass !== undefined && element('AirSync:Class', reply.itemClass),
    element('AirSync:SyncKey', reply.syncKey),
    element('AirSync:CollectionId', reply.id),
    element('AirSync:Status', reply.status),
    changes.length > 0 && element('AirSync:Commands', changes),
    responses.length > 0 && element('AirSync:Responses', responses),
    reply.moreAvailable === true && element('AirSync:MoreAvailable'),
  );
}

function changeElement(change: ServerChange<Rendered>): Element {
  const id = element('AirSync:ServerId', change.serverId);
  switch (change.kind) {
    case 'add':
      return element('AirSync:Add', id, element('AirSync:ApplicationData', change.item));
    case 'change':
      return element('AirSync:Change', id, element('AirSync:ApplicationData', change.item));
    case 'delete':
      return element('AirSync:Delete', id);
    case 'soft-delete':
      return element('AirSync:SoftDelete', id);
  }
}

function outcomeElement(outcome: CommandOutcome<Rendered>): Element {
  const done = element('AirSync:Status', SyncStatus.success);
  switch (outcome.kind) {
    case 'added':
      return element(
        'AirSync:Add',
        element('AirSync:ClientId', outcome.clientId),
        element('AirSync:ServerId', outcome.serverId),
        done,
      );
    case 'changed':
      return element('AirSync:Change', element('AirSync:ServerId', outcome.serverId), done);
    case 'fetched':
      return element(
        'AirSync:Fetch',
        element('AirSync:ServerId', outcome.serverId),
        done,
        element('AirSync:ApplicationData', outcome.item),
      );
    case 'failed':
      return failureElement(outcome);
  }
}

const OPERATIONS = {
  add: 'AirSync:Add',
  change: 'AirSync:Change',
  delete: 'AirSync:Delete',
  fetch: 'AirSync:Fetch',
} as const;

const failureElement = ({ of, clientId, serverId, failure }: Extract<CommandOutcome<Rendered>, { kind: 'failed' }>) =>
  element(
    OPERATIONS[of],
    of === 'add' && clientId !== undefined && element('AirSync:ClientId', clientId),
    serverId !== undefined && element('AirSync:ServerId', serverId),
    element('AirSync:Status', FAILURES[failure]),
  );

const sendElement = ({ of, id, status }: SendOutcome): Element =>
  element(
    OPERATIONS[of],
    element(of === 'add' ? 'AirSync:ClientId' : 'AirSync:ServerId', id),
    element('AirSync:Status', status),
  );
