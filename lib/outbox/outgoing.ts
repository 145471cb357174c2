/** A device's message made ready to go: with the headers that it must have, and without those that nobody else may see. */
import type { Account } from '../backends/index.ts';
import { derivedMessageId } from './message-id.ts';
import { headerValues, joinMessage, type RawMessage, splitMessage, withHeader, withoutHeader } from './mime-header.ts';

export interface Outgoing {
  readonly messageId: string;
  /** What goes out: no Bcc. */
  readonly submitted: Uint8Array;
  /** What is kept in the sent folder: Bcc and all. */
  readonly kept: Uint8Array;
  readonly raw: RawMessage;
}

const MESSAGE_ID = /^<[^<>\s]{1,900}>$/;
const FIELD_NAME = /^[!-9;-~]+[ \t]*:/;

/** Undefined if it is no message: no header field at all. */
export function readyToGo(
  message: Uint8Array,
  account: Account,
  identity: { readonly deviceId: string; readonly clientId: string },
  now: Date,
): Outgoing | undefined {
  let raw = splitMessage(message);
  if (!raw.fields.some((field) => FIELD_NAME.test(field))) return undefined;
  // A line that is no field (an mbox "From " line, say) would end the header early for whoever reads it next.
  raw = { ...raw, fields: raw.fields.filter((field) => FIELD_NAME.test(field)) };
  const own = headerValues(raw, 'Message-ID')[0] ?? '';
  const domain = account.addresses[0]?.split('@')[1];
  const messageId = MESSAGE_ID.test(own)
    ? own
    : derivedMessageId(domain, account.user, identity.deviceId, identity.clientId);
  if (own !== messageId) raw = withHeader(raw, 'Message-ID', messageId);
  if (headerValues(raw, 'Date').length === 0) raw = withHeader(raw, 'Date', rfc5322Date(now));
  if (headerValues(raw, 'From').length === 0) raw = withHeader(raw, 'From', fromOf(account));
  return outgoingOf(raw, messageId);
}

/** The same under the Message-ID that it had the first time. */
export function underMessageId(outgoing: Outgoing, messageId: string): Outgoing {
  if (outgoing.messageId === messageId) return outgoing;
  return outgoingOf(withHeader(outgoing.raw, 'Message-ID', messageId), messageId);
}

function outgoingOf(raw: RawMessage, messageId: string): Outgoing {
  return { messageId, submitted: joinMessage(withoutHeader(raw, 'Bcc')), kept: joinMessage(raw), raw };
}

/** Sent at the same second or under the same Message-ID: only then can two equal messages be one that was sent again. */
export function isDistinguishable(message: Uint8Array): boolean {
  const raw = splitMessage(message);
  return headerValues(raw, 'Date').length + headerValues(raw, 'Message-ID').length > 0;
}

function fromOf(account: Account): string {
  const [address = account.user] = account.addresses;
  const { displayName } = account;
  if (displayName === undefined) return address;
  const isPlain = /^[\u0020-\u007e]*$/.test(displayName);
  const name = isPlain
    ? `"${displayName.replace(/(["\\])/g, '\\$1')}"`
    : `=?utf-8?B?${Buffer.from(displayName).toString('base64')}?=`;
  return `${name} <${address}>`;
}

/** RFC 5322 section 3.3, in UTC. */
function rfc5322Date(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}
