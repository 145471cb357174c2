/** GetItemEstimate (MS-ASCMD 2.2.1.9): how much a Sync of each collection would bring. */
import type { ItemClass } from '../../backends/index.ts';
import type { EstimateAnswer } from '../../sync/index.ts';
import {
  child,
  children,
  CommonStatus,
  type Element,
  element,
  flag,
  GetItemEstimateStatus,
  integer,
  MalformedValue,
  type ProtocolVersion,
  text,
} from '../protocol/index.ts';
import { ownOptions } from './class-options.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { filterDays } from './filter-days.ts';
import { isRecipientInformation, recipientInformationState } from './recipient-information.ts';
import { refusal } from './refusal.ts';

/** MS-ASCMD 3.1.5.10 */
const MAX_COLLECTIONS = 1000;
/** MS-ASCMD 2.2.3.125.2: where no filter is given, nobody counts any further. */
const MAX_UNFILTERED = 512;
const MAX_ID_CHARACTERS = 64;

interface Estimate {
  readonly status: number;
  readonly count?: number;
}

const REFUSALS: Readonly<Record<Extract<EstimateAnswer, { kind: 'refused' }>['reason'], number>> = {
  'not-found': GetItemEstimateStatus.invalidCollection,
  'not-primed': GetItemEstimateStatus.notPrimed,
  'invalid-key': GetItemEstimateStatus.invalidSyncKey,
};

export async function getItemEstimate(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const collections = children(child(request.document, 'GetItemEstimate:Collections'), 'GetItemEstimate:Collection');
  if (collections.length === 0) throw new MalformedValue('GetItemEstimate:Collections', '', 'at least one collection');
  if (collections.length > MAX_COLLECTIONS) {
    return refusal('GetItemEstimate', request.version, CommonStatus.invalidXml);
  }
  const responses: Element[] = [];
  for (const collection of collections) {
    context.signal?.throwIfAborted();
    const id = collectionId(collection);
    responses.push(response(id, known(await estimate(collection, id, context), request.version)));
  }
  return { kind: 'document', document: element('GetItemEstimate:GetItemEstimate', responses) };
}

/** 12.1 does not know the common statuses. */
const known = (estimate: Estimate, version: ProtocolVersion): Estimate =>
  version === '12.1' && estimate.status >= CommonStatus.invalidContent
    ? { status: GetItemEstimateStatus.invalidCollection }
    : estimate;

/** No Class, at any version: the schema has no place for it (devices.md, Documents). */
const response = (id: string, { status, count }: Estimate): Element =>
  element(
    'GetItemEstimate:Response',
    element('GetItemEstimate:Status', status),
    element(
      'GetItemEstimate:Collection',
      element('GetItemEstimate:CollectionId', id),
      count !== undefined && element('GetItemEstimate:Estimate', count),
    ),
  );

/** 14.0 and later put the filter into Options, 12.1 beside the key; both are understood at every version. */
async function estimate(collection: Element, id: string, context: CommandContext): Promise<Estimate> {
  const syncKey = text(collection, 'AirSync:SyncKey')?.trim();
  if (!syncKey) return { status: GetItemEstimateStatus.invalidSyncKey };
  if (isRecipientInformation(id)) return recipientInformation(syncKey);
  const folder = await context.user.folder(id);
  if (!folder) return { status: GetItemEstimateStatus.invalidCollection };

  const options = optionsFor(collection, folder.itemClass);
  if (options === 'other-classes') return { status: GetItemEstimateStatus.invalidSyncKey };
  if (child(options, 'AirSync:MaxItems')) return { status: GetItemEstimateStatus.invalidCollection };
  if (flag(collection, 'AirSync:ConversationMode') && folder.itemClass !== 'Email') {
    return { status: CommonStatus.invalidXml };
  }
  const filterType = integer(options, 'AirSync:FilterType') ?? integer(collection, 'AirSync:FilterType');
  const days = filterDays(filterType, folder.itemClass);
  if (days === 'invalid') return { status: CommonStatus.serverError };

  const answer = await context.device.estimate(id, syncKey, { filterDays: days });
  if (answer.kind === 'refused') return { status: REFUSALS[answer.reason] };
  const isFiltered = options !== undefined || filterType !== undefined;
  const count = isFiltered ? answer.count : Math.min(answer.count, MAX_UNFILTERED);
  return { status: GetItemEstimateStatus.success, count };
}

/** MS-ASCMD_R908: other classes than mail and text messages together fail with Status 4, of this collection alone. */
function optionsFor(collection: Element, itemClass: ItemClass): Element | undefined | 'other-classes' {
  try {
    return ownOptions(collection, itemClass);
  } catch (thrown) {
    if (thrown instanceof MalformedValue) return 'other-classes';
    throw thrown;
  }
}

function recipientInformation(syncKey: string): Estimate {
  switch (recipientInformationState(syncKey)) {
    case 'first':
      return { status: GetItemEstimateStatus.notPrimed };
    case 'unchanged':
      return { status: GetItemEstimateStatus.success, count: 0 };
    case 'invalid-key':
      return { status: GetItemEstimateStatus.invalidSyncKey };
  }
}

function collectionId(collection: Element): string {
  const id = text(collection, 'GetItemEstimate:CollectionId')?.trim() ?? '';
  if (id === '' || id.length > MAX_ID_CHARACTERS) {
    throw new MalformedValue('GetItemEstimate:CollectionId', id, `1 to ${MAX_ID_CHARACTERS} characters`);
  }
  return id;
}
