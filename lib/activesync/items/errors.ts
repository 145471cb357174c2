import { CaravanError } from '../../platform/index.ts';

/**
 * - `malformed-item`: a resource that is no iCalendar object or vCard, or lacks what every item of its class has.
 * - `item-too-large`: beyond every bound that a device, or this server's memory, has.
 */
export type ItemErrorCode = 'malformed-item' | 'item-too-large';

/** A resource that cannot be shown to devices: it is skipped, logged and counted, and the others go on. */
export class ItemError extends CaravanError {
  override readonly name = 'ItemError';
  declare readonly code: ItemErrorCode;
  constructor(code: ItemErrorCode, why: string, cause?: unknown) {
    super({
      code,
      what: code === 'malformed-item' ? 'An item cannot be read' : 'An item is too large',
      why,
      remedy: 'Open it with the program that wrote it, and save it anew',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
