// MS-ASNOTE: notes that phones make and change, as VJOURNAL.
import { describe, expect, it } from 'vitest';
import {
  child,
  children,
  element,
  type Element,
  MalformedValue,
  readWbxml,
  type TagName,
  text,
  textOf,
  writeWbxml,
} from '../../../../lib/activesync/protocol/index.ts';
import { added, at, changed, contentLines, CORPUS_FILES, corpusFile, ics, rendered, VERSIONS } from './support.ts';

const CLASS = element('Notes:MessageClass', 'IPM.StickyNote');
const body = (data: string, type = 1) =>
  element('AirSyncBase:Body', element('AirSyncBase:Type', type), element('AirSyncBase:Data', data));
const categories = (...names: readonly string[]) =>
  element(
    'Notes:Categories',
    names.map((it) => element('Notes:Category', it)),
  );
const note = (inner = '') => ics('VJOURNAL', `SUMMARY:Note\nDESCRIPTION:Text\n${inner}`);
const shown = (source: string, tag: TagName) => at(rendered('Notes', source), tag);
const namesIn = (data: Element) => children(child(data, 'Notes:Categories')).map(textOf);
const html = [{ type: 2, truncationSize: undefined, allOrNone: false, preview: undefined }] as const;

describe('notes', () => {
  const all = VERSIONS.flatMap((version) =>
    CORPUS_FILES.filter((it) => it.itemClass === 'Notes').map((it) =>
      readWbxml(writeWbxml(rendered('Notes', it.source, { version }))),
    ),
  );

  it('MS-ASNOTE_R35, MS-ASNOTE_R37, MS-ASNOTE_R123: each has one body with its type and data', () => {
    expect(all.length).toBeGreaterThan(20);
    for (const data of all) {
      expect(children(data, 'AirSyncBase:Body')).toHaveLength(1);
      const it = child(data, 'AirSyncBase:Body');
      expect(['1', '2']).toContain(text(it, 'AirSyncBase:Type'));
      expect(child(it, 'AirSyncBase:Data')).toBeDefined();
    }
  });

  it('MS-ASNOTE_R53, MS-ASNOTE_R125: each has a compact LastModifiedDate', () => {
    for (const data of all) expect(text(data, 'Notes:LastModifiedDate')).toMatch(/^\d{8}T\d{6}Z$/);
  });

  it('MS-ASNOTE_R54, MS-ASNOTE_R56, MS-ASNOTE_R57: each has a MessageClass', () => {
    for (const data of all) expect(text(data, 'Notes:MessageClass')).toMatch(/^IPM\.StickyNote(?:\..+)?$/);
  });

  it('MS-ASNOTE_R58, MS-ASNOTE_R60: Subject', () => {
    const source = added('Notes', [CLASS, element('Notes:Subject', 'Shopping; list, long')]);
    expect(contentLines(source)).toContain('SUMMARY:Shopping\\; list\\, long');
    expect(shown(source, 'Notes:Subject')).toBe('Shopping; list, long');
  });

  it('MS-ASNOTE_R38: plain text', () => {
    const source = added('Notes', [CLASS, body('- Milk\r\n- Bread')]);
    expect(contentLines(source)).toContain('DESCRIPTION:- Milk\\n- Bread');
    expect(text(child(rendered('Notes', source), 'AirSyncBase:Body'), 'AirSyncBase:Data')).toBe('- Milk\r\n- Bread');
  });

  it('MS-ASNOTE_R39: HTML', () => {
    const source = added('Notes', [CLASS, body('<html><body>A <b>bold</b> word</body></html>', 2)]);
    expect(contentLines(source)).toContain('DESCRIPTION:A bold word');
    const it = child(rendered('Notes', source, { bodies: html }), 'AirSyncBase:Body');
    expect([text(it, 'AirSyncBase:Type'), text(it, 'AirSyncBase:Data')]).toEqual([
      '2',
      '<html><body>A <b>bold</b> word</body></html>',
    ]);
    expect(
      text(
        child(rendered('Notes', corpusFile('note-html.ics'), { bodies: html }), 'AirSyncBase:Body'),
        'AirSyncBase:Data',
      ),
    ).toContain('<b>bold</b>');
  });

  it('MS-ASNOTE_R44, MS-ASNOTE_R47, MS-ASNOTE_R50, MS-ASNOTE_R211: labels', () => {
    expect(namesIn(rendered('Notes', added('Notes', [CLASS, categories('Home', 'Work, too')])))).toEqual([
      'Home',
      'Work, too',
    ]);
    expect(child(rendered('Notes', added('Notes', [CLASS])), 'Notes:Categories')).toBeUndefined();
  });

  it('MS-ASNOTE_R51, MS-ASNOTE_R84, MS-ASNOTE_R209: LastModifiedDate is the server’s to say', () => {
    const source = changed('Notes', note('LAST-MODIFIED:20260105T000000Z'), [
      element('Notes:Subject', 'New'),
      element('Notes:LastModifiedDate', '20200101T000000Z'),
    ]);
    expect(shown(source, 'Notes:LastModifiedDate')).toBe('20260210T101010Z');
    expect(shown(note('LAST-MODIFIED:20260105T000000Z'), 'Notes:LastModifiedDate')).toBe('20260105T000000Z');
  });

  it.each(['IPM.Note', 'IPM.StickyNotes', 'IPM.StickyNote.'])('MS-ASNOTE_R119: MessageClass %j is Status 6', (name) => {
    expect(() => added('Notes', [element('Notes:MessageClass', name)])).toThrow(MalformedValue);
  });

  it('a MessageClass of its own is kept', () => {
    const source = added('Notes', [element('Notes:MessageClass', 'IPM.StickyNote.Mine')]);
    expect(shown(source, 'Notes:MessageClass')).toBe('IPM.StickyNote.Mine');
  });

  it('MS-ASNOTE_R112, MS-ASNOTE_R10002: Categories that a Change leaves out are deleted', () => {
    const source = note('CATEGORIES:One,Two');
    expect(
      namesIn(rendered('Notes', changed('Notes', source, [element('Notes:Subject', 'x'), categories('One')]))),
    ).toEqual(['One']);
    expect(
      child(rendered('Notes', changed('Notes', source, [element('Notes:Subject', 'x')])), 'Notes:Categories'),
    ).toBeUndefined();
  });

  it('MS-ASNOTE_R113, MS-ASNOTE_R10003: body and subject that it leaves out stay', () => {
    const data = rendered('Notes', changed('Notes', note(), [categories('One')]));
    expect([text(data, 'Notes:Subject'), text(child(data, 'AirSyncBase:Body'), 'AirSyncBase:Data')]).toEqual([
      'Note',
      'Text',
    ]);
  });
});
