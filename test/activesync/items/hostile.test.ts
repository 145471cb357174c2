/**
 * What a stranger can send, or a user type, to keep a server busy: one that stands still is fenced, and its users' next
 * server gets the same. Each of these took the square of its length, many seconds and more; now a fraction of one.
 */
import { describe, expect, it } from 'vitest';
import { parseKeywordQuery } from '../../../lib/activesync/commands/keyword-query.ts';
import { parseAddresses } from '../../../lib/activesync/items/addresses.ts';
import { htmlToText } from '../../../lib/activesync/items/body-text.ts';
import { sentAt } from '../../../lib/activesync/items/conversation.ts';
import { readDraftContent } from '../../../lib/activesync/items/draft.ts';
import { innerHtml } from '../../../lib/activesync/items/html-document.ts';
import { MessageHeader } from '../../../lib/activesync/items/message-header.ts';
import { decodeTransfer } from '../../../lib/activesync/items/transfer-encoding.ts';
import { offsetsOfName } from '../../../lib/activesync/items/zones/zone-offsets.ts';
import { element } from '../../../lib/activesync/protocol/index.ts';
import { parseMessage } from '../../../lib/backends/index.ts';
import { envelopeOf } from '../../../lib/outbox/envelope.ts';
import { splitMessage } from '../../../lib/outbox/mime-header.ts';
import { added } from './resources/support.ts';

/** On a machine with much else to do. */
const TIME_LIMIT_MS = 4_000;
/** So that a failure says how long it took. */
const TIMEOUT_MS = 120_000;

const CASES: Readonly<Record<string, () => unknown>> = {
  'an address of a letter and spaces': () => parseAddresses(`a${' '.repeat(120_000)}x@`),
  'addresses of groups': () => parseAddresses('a:'.repeat(100_000)),
  'recipients of a device’s message': () =>
    envelopeOf(splitMessage(Buffer.from(`To: ${'a:'.repeat(60_000)}\r\n\r\n`)), { user: 'ada', addresses: [] }),
  'a date of open comments': () => sentAt(new MessageHeader(Buffer.from(`Date: ${'('.repeat(150_000)}\r\n\r\n`))),
  'HTML of elements in each other': () => htmlToText('<div>'.repeat(160_000)),
  'HTML of body tags that do not end': () => innerHtml('<body'.repeat(800_000)),
  'an invitation’s name of a time zone': () => offsetsOfName('A_'.repeat(60_000)),
  'lines that look like delimiters': () =>
    parseMessage(Buffer.from(`Content-Type: multipart/mixed; boundary=x\r\n\r\n${'\n--'.repeat(5_000_000)}`)),
  'base64 of pieces without number': () => decodeTransfer(Buffer.from('a='.repeat(8_000_000)), 'base64'),
  'a search for stars': () => parseKeywordQuery(`${'*'.repeat(150_000)}x`),
  'a draft to semicolons': () =>
    readDraftContent(element('AirSync:ApplicationData', element('Email:To', `"${';'.repeat(80_000)}`))),
  'a contact’s address of many signs': () =>
    added('Contacts', [element('Contacts:Email1Address', `<${'@@'.repeat(60_000)}<`)]),
};

describe('an item that is made to keep the server busy', () => {
  it.each(Object.keys(CASES))(
    '%s',
    (name) => {
      const from = performance.now();
      CASES[name]?.();
      expect(performance.now() - from).toBeLessThan(TIME_LIMIT_MS);
    },
    TIMEOUT_MS,
  );

  it('base64 of many pieces is read as before', () => {
    const decoded = decodeTransfer(Buffer.from('aGk=\r\naGkh'.repeat(1_000)), 'base64');
    expect(Buffer.from(decoded).toString()).toBe('hihi!'.repeat(1_000));
  });

  it('text behind ten thousand tags is shown, without its layout', () => {
    const shown = htmlToText(`${'<p>one</p>'.repeat(6_000)}<p>last <b>words</b></p>`);
    expect(shown.startsWith('one\r\n\r\none')).toBe(true);
    expect(shown).toMatch(/one +last +words *$/);
  });
});

describe('delimiters', () => {
  const paths = (text: string) =>
    parseMessage(Buffer.from(`Content-Type: multipart/mixed; boundary="b é"\r\n\r\n${text}`)).structure.parts.length;

  it('are the boundary and blanks behind it, in UTF-8 too', () => {
    expect(paths('--b é\r\n\r\none\r\n--b é \t\r\n\r\ntwo\n--b é\n\nthree\r\n--b é-- \r\n--b é\r\n\r\nepilogue')).toBe(
      3,
    );
    expect(paths('--b é\r\n\r\none\r\n--b é.\r\n\r\ntwo\r\n--b é-\r\n--b é--x\r\n')).toBe(1);
    expect(paths('--b é\r\n\r\none\r\n--b é')).toBe(2);
  });
});
