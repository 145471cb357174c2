/** GetItemEstimate: how many changes wait. */
import { type Element, element, integer, text } from '../protocol/index.ts';
import { elementsAt } from './answer-status.ts';
import { collectionState } from './device-state.ts';
import type { DeviceSession } from './session.ts';
import { type ItemOptions, optionElements } from './sync-request.ts';

export interface Estimate {
  readonly collectionId: string | undefined;
  /** Of GetItemEstimateStatus. */
  readonly status: number;
  readonly estimate: number | undefined;
}

export interface EstimateRequest extends ItemOptions {
  readonly collectionId: string;
  /** Default: the key of the device's state. */
  readonly syncKey?: string | undefined;
}

/** One estimate a collection; a refusal of the whole request is one estimate without a collection. */
export async function getItemEstimate(
  session: DeviceSession,
  requests: readonly EstimateRequest[],
): Promise<readonly Estimate[]> {
  const document = element(
    'GetItemEstimate:GetItemEstimate',
    element(
      'GetItemEstimate:Collections',
      requests.map((it) => collection(session, it)),
    ),
  );
  const { document: answer } = await session.run('GetItemEstimate', { document });
  const status = integer(answer, 'GetItemEstimate:Status');
  const responses = elementsAt(answer, 'GetItemEstimate:Response').map(estimateOf);
  return responses.length === 0 && status !== undefined
    ? [{ collectionId: undefined, status, estimate: undefined }]
    : responses;
}

function collection(session: DeviceSession, it: EstimateRequest): Element {
  const options = optionElements(it);
  return element(
    'GetItemEstimate:Collection',
    element('AirSync:SyncKey', it.syncKey ?? collectionState(session.state, it.collectionId).syncKey),
    element('GetItemEstimate:CollectionId', it.collectionId),
    options.length > 0 && element('AirSync:Options', options),
  );
}

function estimateOf(it: Element): Estimate {
  const found = elementsAt(it, 'GetItemEstimate:Collection')[0];
  return {
    collectionId: text(found, 'GetItemEstimate:CollectionId'),
    status: integer(it, 'GetItemEstimate:Status') ?? 0,
    estimate: integer(found, 'GetItemEstimate:Estimate'),
  };
}
