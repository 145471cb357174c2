/** What makes two client commands the very same: their whole element, as it would be written. */
import { createHash } from 'node:crypto';
import { type Element, writeWbxml } from '../../protocol/index.ts';

export const digestOf = (command: Element): string =>
  createHash('sha256').update(writeWbxml(command)).digest('base64url').slice(0, 22);
