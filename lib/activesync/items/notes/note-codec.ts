/** VJOURNAL ↔ the Notes class (MS-ASNOTE 2.2.2). */
import { child, children, type Element, element, MalformedValue, textOf } from '../../protocol/index.ts';
import type { Component } from '../content-lines/component.ts';
import { escapeText } from '../content-lines/text-values.ts';
import { compactDateTime } from '../date-time.ts';
import { CalendarFile } from '../icalendar/calendar-file.ts';
import { bodyField, categoriesField, textField } from '../icalendar/common-fields.ts';
import { whenOf } from '../icalendar/times.ts';
import type { ResourceCodec } from '../resource-codec.ts';
import { type Field, readFields, writeFields } from '../resource-fields.ts';
import { oneLine } from '../xml-text.ts';
import { Zones } from '../zones/zones.ts';

interface Note {
  readonly file: CalendarFile;
  readonly component: Component;
}

const MESSAGE_CLASS = 'IPM.StickyNote';
/** Where it is another one. */
const OTHER_CLASS = 'X-CARAVAN-MESSAGE-CLASS';

const modifiedOf = ({ file, component }: Note) =>
  ['LAST-MODIFIED', 'DTSTAMP', 'CREATED', 'DTSTART']
    .map((it) => whenOf(component.line(it), file, file.homeZone({})))
    .find((it) => it !== undefined);

const categories = categoriesField<Note>('Notes:Categories', 'Notes:Category');

const fields: readonly Field<Note>[] = [
  { ...textField<Note>('Notes:Subject', 'SUMMARY'), neverGhosted: true },
  {
    tag: 'Notes:MessageClass',
    neverGhosted: true,
    read: ({ component }) => element('Notes:MessageClass', component.text(OTHER_CLASS) ?? MESSAGE_CLASS),
    write: ({ component }, it) => {
      const name = it ? textOf(it).trim() : MESSAGE_CLASS;
      if (!/^IPM\.StickyNote(?:\.[^\r\n]{1,200})?$/.test(name))
        throw new MalformedValue('Notes:MessageClass', name, MESSAGE_CLASS);
      component.set(OTHER_CLASS, name === MESSAGE_CLASS ? undefined : escapeText(name));
    },
  },
  {
    tag: 'Notes:LastModifiedDate',
    read: (note) => element('Notes:LastModifiedDate', compactDateTime(new Date(modifiedOf(note)?.epochMs ?? 0))),
  },
  categories,
  bodyField(true),
];

/** A Change without Categories takes them away (MS-ASNOTE_R112). */
const completed = (data: Element): readonly Element[] =>
  child(data, 'Notes:Categories') ? children(data) : [...children(data), element('Notes:Categories')];

export function noteCodec(): ResourceCodec {
  const zones = new Zones();
  const read = (source: string): Note => {
    const file = CalendarFile.read(source, 'VJOURNAL', zones);
    return { file, component: file.master };
  };
  return {
    itemClass: 'Notes',
    kind: 'note',
    summary: (source) => {
      const { file, component } = read(source);
      const words = ['SUMMARY', 'DESCRIPTION', 'CATEGORIES'].flatMap((it) => oneLine(component.text(it) ?? '') || []);
      return { kind: 'note', uid: file.uid, span: undefined, isDone: false, words: words.join('\n') };
    },
    render: (source, context) => readFields(fields, read(source), context),
    change: (source, data, context) => {
      const file = source === undefined ? CalendarFile.create('VJOURNAL', context.uid, zones) : undefined;
      const note = file ? { file, component: file.master } : read(source as string);
      if (file) file.touch(file.master, context.now);
      const changed = writeFields(fields, note, completed(data), context);
      if (source !== undefined && !changed) return source;
      note.file.touch(note.component, context.now);
      return note.file.write();
    },
    attachment: () => undefined,
  };
}
