/**
 * How the content of fetched items is delivered (MS-ASCMD 2.2.1.10.1): inline in the document, or in parts of their own
 * which the document names by number.
 */
import type { OutOfLine } from '../items/index.ts';
import { type Element, element } from '../protocol/index.ts';

export interface Delivery {
  /** What stands in Properties for an attachment's bytes. */
  attachment(bytes: Uint8Array): Element;
  /** Where bodies go; undefined: into the document. */
  readonly outOfLine: OutOfLine | undefined;
}

/** R2130: bytes in base64. */
export const inlineDelivery: Delivery = {
  attachment: (bytes) => element('ItemOperations:Data', Buffer.from(bytes).toString('base64')),
  outOfLine: undefined,
};

/** `parts` are filled; the document is to become part 0. */
export function multipartDelivery(parts: Uint8Array[]): Delivery {
  const add = (bytes: Uint8Array): number => parts.push(bytes);
  return { attachment: (bytes) => element('ItemOperations:Part', add(bytes)), outOfLine: { add } };
}
