/**
 * What must hold of every message rendered for every version: the whole corpus, with and without truncation, with flags. Each
 * check counts what it looked at: none may pass for want of cases.
 */
import { describe, expect, it } from 'vitest';
import { children, type Element, type TagName, textOf } from '../../../lib/activesync/protocol/index.ts';
import { A, B, D, F, M, P, RULES, type Type } from './shape-rules.ts';
import { anywhere, at, FOUND, nameOf, samples } from './shape-samples.ts';
import { mail, rendered, RECEIVED_AT } from './support.ts';

const CHECKS: Readonly<Record<Type, (it: Element) => boolean>> = {
  string: ({ content }) => typeof content === 'string',
  boolean: ({ content }) => content === '0' || content === '1',
  unsignedByte: ({ content }) => typeof content === 'string' && /^\d{1,3}$/.test(content) && Number(content) <= 255,
  integer: ({ content }) => typeof content === 'string' && /^-?\d+$/.test(content),
  dateTime: ({ content }) => typeof content === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(content),
  bytes: ({ content }) => content instanceof Uint8Array,
  container: ({ content }) => Array.isArray(content),
};

describe('of every element there is', () => {
  for (const { parent, tag, type, ids, values } of RULES) {
    it(`${ids}: ${nameOf(tag)} in ${nameOf(parent)} is a ${type}${values ? ` of ${values.join(', ')}` : ''}, at most one, without strangers inside`, () => {
      for (const { it: element, parent: around, version } of at(parent, tag)) {
        expect(CHECKS[type](element), `${version}: ${JSON.stringify(element)}`).toBe(true);
        if (values) expect(values).toContain(Number(textOf(element)));
        if (tag !== A && tag !== 'Email:Category') expect(children(around, tag)).toHaveLength(1);
      }
    });
  }
});

describe('of every element that holds others', () => {
  for (const { parent, tag, required } of RULES) {
    if (required === undefined) continue;
    it(`${required}: ${nameOf(parent)} has a ${nameOf(tag)}`, () => {
      const parents =
        parent === D
          ? samples.map((it) => it.data)
          : [...FOUND].flatMap(([key, list]) =>
              key.endsWith(`/${parent}`) ? list.map(({ it: element }) => element) : [],
            );
      expect(parents.length).toBeGreaterThan(0);
      for (const it of parents) expect(children(it, tag).length, JSON.stringify(it)).toBeGreaterThan(0);
    });
  }

  const inOrder = (tag: TagName, order: readonly string[]) => {
    const all = at(D, tag);
    for (const { it: element } of all) {
      const names = children(element).map((child) => nameOf(child.tag));
      expect(names).toEqual(order.filter((name) => names.includes(name)));
    }
  };

  it('MS-ASAIRS_R112, MS-ASEMAIL_R246: Body has Type, EstimatedDataSize, Truncated, Data, Preview, in this order', () => {
    inOrder(B, ['Type', 'EstimatedDataSize', 'Truncated', 'Data', 'Preview']);
  });

  it('MS-ASAIRS_R126: BodyPart has Status, Type, EstimatedDataSize, Truncated, Data, Preview, in this order', () => {
    inOrder(P, ['Status', 'Type', 'EstimatedDataSize', 'Truncated', 'Data', 'Preview']);
  });

  it('MS-ASEMAIL_R546: MeetingRequest has its children in the order of the schema', () => {
    inOrder(M, [
      'AllDayEvent',
      'StartTime',
      'DtStamp',
      'EndTime',
      'InstanceType',
      'Location',
      'Organizer',
      'RecurrenceId',
      'Reminder',
      'ResponseRequested',
      'Recurrences',
      'Sensitivity',
      'BusyStatus',
      'TimeZone',
      'GlobalObjId',
      'DisallowNewTimeProposal',
      'MeetingMessageType',
      'UID',
    ]);
  });

  it('MS-ASEMAIL_R440, MS-ASEMAIL_R436, MS-ASEMAIL_R1069: Flag has its own children, and a Status if any', () => {
    const known = [
      'Subject',
      'Status',
      'FlagType',
      'DateCompleted',
      'CompleteTime',
      'StartDate',
      'DueDate',
      'UtcStartDate',
      'UtcDueDate',
      'ReminderSet',
      'ReminderTime',
      'OrdinalDate',
      'SubOrdinalDate',
    ];
    const flags = at(D, F).filter(({ it: element }) => children(element).length > 0);
    expect(flags.length).toBeGreaterThan(0);
    for (const { it: element } of flags) {
      const names = children(element).map((child) => nameOf(child.tag));
      expect(names.filter((name) => !known.includes(name))).toEqual([]);
      expect(names).toContain('Status');
    }
  });
});

describe('of all answers', () => {
  it.each([
    ['MS-ASAIRS_R59, MS-ASAIRS_R74', 'AirSyncBase:AllOrNone'],
    ['MS-ASAIRS_R135', 'AirSyncBase:BodyPartPreference'],
    ['MS-ASAIRS_R148', 'AirSyncBase:BodyPreference'],
    ['MS-ASAIRS_R291, MS-ASAIRS_R297', 'AirSyncBase:TruncationSize'],
    ['MS-ASAIRS_R405', 'ItemOperations:Part'],
  ] as const)('%s: none has a %s', (_ids, tag) => {
    expect(samples.length).toBeGreaterThan(0);
    expect(anywhere(tag)).toBe(false);
  });

  it('MS-ASAIRS_R105, MS-ASEMAIL_R245: a new item has a Body', () => {
    for (const { data } of samples) expect(children(data, B)).toHaveLength(1);
  });

  it('MS-ASEMAIL_R342: the content class of e-mail', () => {
    for (const { it: element } of at(D, 'Email:ContentClass'))
      expect(textOf(element)).toBe('urn:content-classes:message');
  });

  it('MS-ASEMAIL_R343, MS-ASEMAIL_R350: since 14.0, each names its conversation and its place in it', () => {
    for (const { data, version } of samples) {
      const count = version === '12.1' ? 0 : 1;
      expect(children(data, 'Email2:ConversationId')).toHaveLength(count);
      expect(children(data, 'Email2:ConversationIndex')).toHaveLength(count);
    }
  });

  it('MS-ASEMAIL_R477: addresses end at 32,768 characters, at a whole one', () => {
    const list = Array.from({ length: 3_000 }, (_, i) => `"Somebody ${i}" <somebody-${i}@example.org>`);
    const data = rendered(mail(`From: ${list.join(',\n ')}\nTo: ${list.join(',\n ')}\n\nx\n`));
    for (const tag of ['Email:From', 'Email:To'] as const) {
      const text = textOf(children(data, tag)[0] as Element);
      expect(text.length).toBeLessThanOrEqual(32_768);
      expect(text.length).toBeGreaterThan(32_000);
      expect(text).toMatch(/<somebody-\d+@example\.org>$/);
    }
  });

  it('dates are when the message arrived', () => {
    for (const { it: element } of at(D, 'Email:DateReceived')) expect(textOf(element)).toBe(RECEIVED_AT.toISOString());
  });

  it('no text has characters that XML forbids', () => {
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
    let texts = 0;
    for (const list of FOUND.values())
      for (const { it: element } of list) {
        if (typeof element.content !== 'string') continue;
        texts++;
        expect(forbidden.test(element.content) || !element.content.isWellFormed(), JSON.stringify(element)).toBe(false);
      }
    expect(texts).toBeGreaterThan(1_000);
  });
});
