/** ATTACH ↔ AirSyncBase:Attachments of events, from 16.0 on (MS-ASAIRS 2.2.2.8). */
import {
  atLeast,
  bytes,
  child,
  children,
  type Element,
  element,
  flag,
  MalformedValue,
  text,
} from '../../protocol/index.ts';
import type { AttachmentContent } from '../attachments.ts';
import type { Component } from '../content-lines/component.ts';
import { ContentLine } from '../content-lines/content-line.ts';
import { fileReference, parseFileReference } from '../file-reference.ts';
import type { Field } from '../resource-fields.ts';
import { cutText, oneLine } from '../xml-text.ts';
import type { CalendarFile } from '../icalendar/calendar-file.ts';
import type { Event } from './event.ts';

const METHOD_NORMAL = 1;
const ATTACHMENTS_LIMIT = 100;
const NAME_LIMIT = 255;

const isInFile = (line: ContentLine): boolean => /^BASE64$/i.test(line.parameter('ENCODING') ?? '');
const nameOf = (line: ContentLine, index: number): string =>
  cutText(
    oneLine(line.parameter('FILENAME') ?? line.parameter('X-FILENAME') ?? line.parameter('X-LABEL') ?? ''),
    NAME_LIMIT,
  ) || `attachment-${index}`;

/** `2.1`: the first attachment of the second of the file's items, the master being the first. */
const itemsOf = (file: CalendarFile): readonly Component[] => [file.master, ...file.overrides];

const pathOf = ({ file, component }: Event, index: number): string =>
  `${itemsOf(file).indexOf(component) + 1}.${index + 1}`;

export const attachmentsField: Field<Event> = {
  tag: 'AirSyncBase:Attachments',
  neverGhosted: true,
  read: (event, { version, serverId }) => {
    if (!atLeast(version, '16.0')) return undefined;
    const attached = event.component
      .lines('ATTACH')
      .flatMap((line, index) => (isInFile(line) ? [{ line, index }] : []));
    if (attached.length === 0) return undefined;
    return element(
      'AirSyncBase:Attachments',
      attached
        .slice(0, ATTACHMENTS_LIMIT)
        .map(({ line, index }) =>
          element(
            'AirSyncBase:Attachment',
            element('AirSyncBase:DisplayName', nameOf(line, index + 1)),
            element('AirSyncBase:FileReference', fileReference({ serverId, path: pathOf(event, index) })),
            element('AirSyncBase:Method', METHOD_NORMAL),
            element('AirSyncBase:EstimatedDataSize', Math.floor((line.value.length * 3) / 4)),
          ),
        ),
    );
  },
  /** What is there stays, what is to be added or deleted is said one by one. */
  isSame: (_event, _before, it) => children(it).every((inner) => inner.tag === 'AirSyncBase:Attachment'),
  write: (event, it) => {
    const { component } = event;
    const lines = component.lines('ATTACH');
    for (const inner of children(it, 'AirSyncBase:Delete')) {
      const reference = text(inner, 'AirSyncBase:FileReference') ?? '';
      const index = Number(parseFileReference(reference)?.path.split('.')[1] ?? 0) - 1;
      const line = lines[index];
      if (!line) throw new MalformedValue('AirSyncBase:FileReference', reference, 'one that the server gave');
      component.remove(line);
    }
    for (const inner of children(it, 'AirSyncBase:Add')) component.put(addedLine(inner));
  },
};

function addedLine(it: Element): ContentLine {
  const content = child(it, 'AirSyncBase:Content');
  if (!content) throw new MalformedValue('AirSyncBase:Content', '', 'the attachment');
  const type = oneLine(text(it, 'AirSyncBase:ContentType') ?? '').toLowerCase();
  const base64 =
    content.content instanceof Uint8Array
      ? Buffer.from(content.content).toString('base64')
      : Buffer.from(Buffer.from(bytes(it, 'AirSyncBase:Content') ?? []).toString('latin1'), 'base64').toString(
          'base64',
        );
  return ContentLine.of('ATTACH', base64, {
    FMTTYPE: /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type) ? type : 'application/octet-stream',
    ENCODING: 'BASE64',
    VALUE: 'BINARY',
    FILENAME: oneLine(text(it, 'AirSyncBase:DisplayName') ?? '') || 'attachment',
    'X-INLINE': flag(it, 'AirSyncBase:IsInline') ? 'TRUE' : undefined,
  });
}

export function attachmentAt(file: CalendarFile, path: string): AttachmentContent | undefined {
  const [item = 0, index = 0] = path.split('.').map(Number);
  const line = itemsOf(file)[item - 1]?.lines('ATTACH')[index - 1];
  if (!line || !isInFile(line)) return undefined;
  return {
    contentType: line.parameter('FMTTYPE')?.toLowerCase() ?? 'application/octet-stream',
    name: nameOf(line, index),
    bytes: Buffer.from(line.value, 'base64'),
  };
}
