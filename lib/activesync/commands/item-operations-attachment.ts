/** ItemOperations/Fetch of an attachment, whole or a range of its bytes (MS-ASCMD 2.2.3.143.2). */
import { type Element, element, ItemOperationsStatus, text } from '../protocol/index.ts';
import { loadAttachment } from './attachment.ts';
import type { CommandContext } from './command.ts';
import type { Delivery } from './item-delivery.ts';

export interface FetchedAttachment {
  readonly status: number;
  readonly properties?: readonly Element[];
}

const REFUSALS = {
  forbidden: ItemOperationsStatus.accessDenied,
  'too-large': ItemOperationsStatus.tooLarge,
  // R4166
  'not-found': ItemOperationsStatus.invalidAttachment,
} as const;

export async function fetchAttachment(
  fileReference: string,
  options: Element | undefined,
  context: CommandContext,
  delivery: Delivery,
): Promise<FetchedAttachment> {
  const attachment = await loadAttachment(fileReference, context);
  if (attachment.kind === 'refused') return { status: REFUSALS[attachment.reason] };
  const { bytes, contentType } = attachment;
  const type = element('AirSyncBase:ContentType', contentType);
  if (bytes.length === 0) return { status: ItemOperationsStatus.emptyFile };

  const range = text(options, 'ItemOperations:Range');
  if (range === undefined) {
    return { status: ItemOperationsStatus.success, properties: [type, delivery.attachment(bytes)] };
  }
  const [, from, to] = /^\s*(\d{1,9})-(\d{1,9})\s*$/.exec(range) ?? [];
  const [first, last] = [Number(from), Math.min(Number(to), bytes.length - 1)];
  // R4160. A range that only ends too late is cut: what the answer says is what counts (R3715).
  if (from === undefined || Number(from) > Number(to) || first >= bytes.length) {
    return { status: ItemOperationsStatus.invalidRange };
  }
  return {
    status: ItemOperationsStatus.success,
    properties: [
      element('ItemOperations:Range', `${first}-${last}`),
      element('ItemOperations:Total', bytes.length),
      type,
      delivery.attachment(bytes.subarray(first, last + 1)),
    ],
  };
}
