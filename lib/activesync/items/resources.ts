/** The codec of each class. One is made for one request: it keeps the time zones that it came upon. */
import { eventCodec } from './calendar/event-codec.ts';
import { contactCodec } from './contacts/contact-codec.ts';
import { noteCodec } from './notes/note-codec.ts';
import type { ResourceClass, ResourceCodec, ResourceKind } from './resource-codec.ts';
import { taskCodec } from './tasks/task-codec.ts';

const CODECS: Readonly<Record<ResourceClass, () => ResourceCodec>> = {
  Calendar: eventCodec,
  Contacts: contactCodec,
  Tasks: taskCodec,
  Notes: noteCodec,
};

export const resourceCodec = (itemClass: ResourceClass): ResourceCodec => CODECS[itemClass]();

const KINDS: Readonly<Record<string, ResourceKind>> = {
  VEVENT: 'event',
  VTODO: 'task',
  VJOURNAL: 'note',
  VCARD: 'contact',
};

/** By its first component that is an item, without reading the rest; undefined for what is none. A file of one kind has only that. */
export function resourceKind(source: string): ResourceKind | undefined {
  const match = /^\ufeff?BEGIN:[ \t]*(VEVENT|VTODO|VJOURNAL|VCARD)[ \t]*\r?$/im.exec(source);
  return match?.[1] === undefined ? undefined : KINDS[match[1].toUpperCase()];
}
