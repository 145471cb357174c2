/** The fields of the Email and Email2 classes that come from a message's header and flags (MS-ASEMAIL 2.2.2). */
import type { FetchedMessage, MessageFlags } from '../../backends/index.ts';
import { atLeast, type Element, element, type ProtocolVersion } from '../protocol/index.ts';
import { displayName, formatAddress, formatAddresses, type Mailbox, parseAddresses } from './addresses.ts';
import { codePageNumber } from './charset.ts';
import { conversationOf } from './conversation.ts';
import { dateTime } from './date-time.ts';
import type { MessageHeader } from './message-header.ts';
import { baseSubject } from './subject.ts';
import { cutText } from './xml-text.ts';

/** MS-ASEMAIL 2.2.2.36, 2.2.2.79 */
const ADDRESSES_LIMIT = 32_768;
/** Email2.xsd */
const BCC_LIMIT = 1_024;
/** MS-ASEMAIL 2.2.2.20 */
const CONTENT_CLASS = 'urn:content-classes:message';
/** LastVerbExecuted (MS-ASEMAIL 2.2.2.44) */
const VERB_REPLIED = 1;
const VERB_FORWARDED = 3;

export const hasFlag = (flags: MessageFlags, name: string): boolean => {
  const wanted = name.toLowerCase();
  return flags.some((it) => it.toLowerCase() === wanted);
};

const optional = (tag: Parameters<typeof element>[0], value: string | undefined): Element | undefined =>
  value === undefined || value === '' ? undefined : element(tag, value);

/** To … Read: what stands before the attachments and the body. */
export function envelopeFields(message: FetchedMessage, header: MessageHeader): readonly Element[] {
  const to = parseAddresses(header.list('to'));
  const subject = header.text('subject');
  return [
    optional('Email:To', formatAddresses(to, ', ', ADDRESSES_LIMIT)),
    optional('Email:Cc', formatAddresses(parseAddresses(header.list('cc')), ', ', ADDRESSES_LIMIT)),
    optional('Email:From', formatAddresses(authors(header), ', ', ADDRESSES_LIMIT)),
    optional('Email:Subject', subject),
    optional('Email:ReplyTo', formatAddresses(parseAddresses(header.list('reply-to')), '; ', ADDRESSES_LIMIT)),
    element('Email:DateReceived', dateTime(message.receivedAt)),
    optional('Email:DisplayTo', displayNames(to)),
    optional('Email:ThreadTopic', header.text('thread-topic') ?? baseSubject(subject ?? '')),
    element('Email:Importance', importanceOf(header)),
    readElement(message.flags),
  ].filter((it) => it !== undefined);
}

const authors = (header: MessageHeader): readonly Mailbox[] =>
  parseAddresses(header.raw('from') ?? header.raw('sender'));

function displayNames(to: readonly Mailbox[]): string {
  let text = '';
  for (const it of to) {
    const next = `${text}${text === '' ? '' : '; '}${displayName(it)}`;
    if (next.length > ADDRESSES_LIMIT) break;
    text = next;
  }
  return text;
}

export const readElement = (flags: MessageFlags): Element => element('Email:Read', hasFlag(flags, '\\Seen') ? 1 : 0);

/** 0 low, 1 normal, 2 high, by whichever header the sender's program has. */
function importanceOf(header: MessageHeader): 0 | 1 | 2 {
  for (const name of ['importance', 'x-priority', 'x-msmail-priority', 'priority']) {
    const value = header.raw(name)?.toLowerCase();
    if (!value) continue;
    if (/^(?:high|urgent|[12]\b)/.test(value)) return 2;
    if (/^(?:low|non-urgent|[45]\b)/.test(value)) return 0;
  }
  return 1;
}

export const contentClassElement = (): Element => element('Email:ContentClass', CONTENT_CLASS);

/** Of the charset that the body is in. */
export const codePageElement = (charset: string | undefined): Element =>
  element('Email:InternetCPID', codePageNumber(charset));

/** Email2, which 12.1 does not have. `isDraft` only at 16.0 and later. */
export function conversationFields(
  message: FetchedMessage,
  header: MessageHeader,
  version: ProtocolVersion,
): readonly Element[] {
  if (!atLeast(version, '14.0')) return [];
  const conversation = conversationOf(header, message.receivedAt);
  return [
    element('Email2:ConversationId', conversation.id),
    element('Email2:ConversationIndex', conversation.index),
    ...verbFields(message.flags),
    ...(isBlindCopy(message, header) ? [element('Email2:ReceivedAsBcc', 1)] : []),
    ...senderField(header),
  ];
}

/** When a verb was executed, IMAP does not keep: LastVerbExecutionTime stays out. */
export function verbFields(flags: MessageFlags): readonly Element[] {
  const verb =
    hasFlag(flags, '$Forwarded') || hasFlag(flags, 'Forwarded')
      ? VERB_FORWARDED
      : hasFlag(flags, '\\Answered')
        ? VERB_REPLIED
        : undefined;
  return verb === undefined ? [] : [element('Email2:LastVerbExecuted', verb)];
}

/** A message that came over the wire and names nobody has reached its reader as a blind copy. */
function isBlindCopy(message: FetchedMessage, header: MessageHeader): boolean {
  if (hasFlag(message.flags, '\\Draft') || header.raw('received') === undefined) return false;
  return ['to', 'cc'].every((name) => parseAddresses(header.list(name)).every((it) => it.address === ''));
}

/** Who sent it on the author's behalf; left out where it is the author (MS-ASEMAIL 2.2.2.70). */
function senderField(header: MessageHeader): readonly Element[] {
  const [sender] = parseAddresses(header.raw('sender'));
  if (!sender?.address) return [];
  const from = authors(header);
  if (from.some((it) => it.address.toLowerCase() === sender.address.toLowerCase())) return [];
  return [element('Email2:Sender', cutText(formatAddress(sender), ADDRESSES_LIMIT))];
}

/** 16.0 and later: whether it is a draft, and a draft's blind copies. */
export function draftFields(
  message: FetchedMessage,
  header: MessageHeader,
  version: ProtocolVersion,
): readonly Element[] {
  if (!atLeast(version, '16.0')) return [];
  const isDraft = hasFlag(message.flags, '\\Draft');
  const bcc = isDraft ? formatAddresses(parseAddresses(header.list('bcc')), ', ', BCC_LIMIT) : undefined;
  return [element('Email2:IsDraft', isDraft ? 1 : 0), ...(bcc ? [element('Email2:Bcc', bcc)] : [])];
}
