/** Message-IDs that can be worked out again: what went out once can be found, and is never made twice. */
import { createHash } from 'node:crypto';
import { headerValues, joinMessage, splitMessage, withHeader } from './mime-header.ts';

const DOMAIN = 'caravan.invalid';

/** The same parts give the same id, in angle brackets. */
export function derivedMessageId(domain: string | undefined, ...parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 32);
  return `<${hash}@${domain ?? DOMAIN}>`;
}

/** The message with this Message-ID in the place of its own. */
export function withMessageId(message: Uint8Array, messageId: string): Uint8Array {
  return joinMessage(withHeader(splitMessage(message), 'Message-ID', messageId));
}

/** The message's own, with angle brackets; undefined if it has none that is one. */
export function messageIdOf(message: Uint8Array): string | undefined {
  const [value] = headerValues(splitMessage(message), 'Message-ID');
  return value && /^<[^<>\s]+>$/.test(value) ? value : undefined;
}
