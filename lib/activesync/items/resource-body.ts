/** AirSyncBase:Body of events, tasks, notes and contacts: made like that of mail (MS-ASAIRS 2.2.2.9), of a text and perhaps HTML. */
import type { FetchedMessage, Part } from '../../backends/index.ts';
import { bytes, type Element, element, integer, MalformedValue } from '../protocol/index.ts';
import { bodyElement, makeBody } from './body.ts';
import { bodyChoices, nativeType } from './body-choice.ts';
import type { BodyStructure } from './body-structure.ts';
import { htmlToText } from './body-text.ts';
import { BODY_TYPES } from './email-options.ts';
import type { RenderContext } from './resource-codec.ts';

/** More than any note; what is longer stays where it is, and is shown to that length. */
const TEXT_LIMIT_CHARACTERS = 4 * 1024 * 1024;

export interface ResourceText {
  /** Line breaks are `\n`. */
  readonly text: string;
  readonly html: string | undefined;
}

const part = (path: string, type: string, sizeBytes: number): Part => ({
  path,
  type,
  parameters: { charset: 'utf-8' },
  encoding: '8bit',
  sizeBytes,
  dispositionParameters: {},
  parts: [],
});

function asMessage({ text, html }: ResourceText): { readonly message: FetchedMessage; readonly body: BodyStructure } {
  const contents = [
    ...(text === '' && html !== undefined ? [] : [['1', 'text/plain', text.replace(/\r?\n/g, '\r\n')] as const]),
    ...(html === undefined ? [] : [['2', 'text/html', html] as const]),
  ].map(([path, type, content]) => ({ path, type, bytes: Buffer.from(content.slice(0, TEXT_LIMIT_CHARACTERS)) }));
  const parts = contents.map((it) => part(it.path, it.type, it.bytes.length));
  const [plain] = parts;
  const rich = parts.find((it) => it.type === 'text/html');
  const structure: Part = { ...part('', 'multipart/alternative', 0), parts };
  return {
    message: {
      uid: 1,
      flags: [],
      receivedAt: new Date(0),
      sizeBytes: 0,
      header: new Uint8Array(),
      structure,
      parts: new Map(contents.map((it) => [it.path, { bytes: it.bytes, complete: true }])),
    },
    body: { plain: plain ? [plain] : [], html: rich && [rich], attachments: [], calendar: undefined },
  };
}

export function resourceBody(content: ResourceText, { bodies, version, outOfLine }: RenderContext): Element {
  const { message, body } = asMessage(content);
  const options = { version, mimeSupport: 0, mimeTruncation: undefined, bodies, bodyParts: [] } as const;
  return bodyElement(makeBody(message, body, bodyChoices(bodies, options, body, 'none')), version, outOfLine);
}

export const nativeBodyType = (content: ResourceText): Element =>
  element('AirSyncBase:NativeBodyType', nativeType(asMessage(content).body));

/** What a device wrote; undefined for a body that it took away. Throws MalformedValue for a type that cannot be stored. */
export function readResourceBody(it: Element | undefined): ResourceText | undefined {
  if (!it) return undefined;
  const type = integer(it, 'AirSyncBase:Type') ?? BODY_TYPES.plain;
  const data = Buffer.from(bytes(it, 'AirSyncBase:Data') ?? new Uint8Array()).toString('utf8');
  if (type === BODY_TYPES.plain) return { text: lineFeeds(data), html: undefined };
  if (type !== BODY_TYPES.html) throw new MalformedValue('AirSyncBase:Type', String(type), '1 or 2');
  return { text: lineFeeds(htmlToText(data)).trimEnd(), html: data };
}

/** True if a device gives back the text that is stored, in whichever form it has it. */
export function isSameBody(stored: ResourceText, it: Element): boolean {
  const sent = readResourceBody(it);
  if (!sent) return stored.text === '' && stored.html === undefined;
  if (sent.html !== undefined && stored.html !== undefined) return lines(sent.html) === lines(stored.html);
  return lines(sent.text) === lines(stored.text || htmlToText(stored.html ?? ''));
}

const lineFeeds = (text: string): string => text.replace(/\r\n?/g, '\n');
const lines = (text: string): string =>
  lineFeeds(text)
    .replace(/[ \t\u00a0]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .trim();
