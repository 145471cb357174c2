/** AirSyncBase:Body and BodyPart (MS-ASAIRS 2.2.2.9 and 2.2.2.10). */
import type { FetchedMessage } from '../../backends/index.ts';
import { atLeast, type Element, element, type ProtocolVersion } from '../protocol/index.ts';
import type { BodyStructure } from './body-structure.ts';
import { BODY_TYPES, type BodyPreference, type BodyType } from './email-options.ts';
import { mimeText } from './mime-text.ts';
import { shownText } from './shown-text.ts';
import { cutHtmlToBytes, cutToBytes } from './truncation.ts';
import { cutText, oneLine } from './xml-text.ts';

/** BodyPart's Status (MS-ASAIRS 2.2.2.37): the other value, too large, never happens since all bodies can be cut. */
const PART_SUCCESS = 1;

/** A preview is made of the beginning: more HTML than this need not be converted for it. */
const PREVIEW_HTML_LIMIT = 64 * 1024;

/** Takes data out of line, for multipart responses (MS-ASCMD 2.2.1.10.1): gives the index of its part. */
export interface OutOfLine {
  add(bytes: Uint8Array): number;
}

export interface MadeBody {
  readonly type: BodyType;
  /** Undefined: none of it is given. */
  readonly data: string | undefined;
  readonly sizeBytes: number;
  readonly truncated: boolean;
  readonly preview: string | undefined;
}

/** The first choice that can be given as the device wants it; else the first, without data. */
export function makeBody(message: FetchedMessage, body: BodyStructure, choices: readonly BodyPreference[]): MadeBody {
  let refused: MadeBody | undefined;
  for (const choice of choices) {
    const made = make(message, body, choice);
    if (!made.truncated || !choice.allOrNone || choice.truncationSize === undefined) return made;
    refused ??= { ...made, data: undefined, preview: preview(message, body, choice, false) };
  }
  return refused ?? { type: BODY_TYPES.plain, data: undefined, sizeBytes: 0, truncated: false, preview: undefined };
}

function make(message: FetchedMessage, body: BodyStructure, choice: BodyPreference): MadeBody {
  const limit = choice.truncationSize;
  if (choice.type === BODY_TYPES.mime) {
    const { text, truncated } = mimeText(message, limit);
    const sizeBytes = truncated ? message.sizeBytes : Buffer.byteLength(text);
    return given(message, body, choice, text, Math.max(sizeBytes, Buffer.byteLength(text)), truncated);
  }
  const isHtml = choice.type === BODY_TYPES.html;
  const shown = shownText(message, isHtml ? (body.html ?? body.plain) : body.plain, isHtml);
  const cut = (isHtml ? cutHtmlToBytes : cutToBytes)(shown.text, limit, shown.textBytes);
  return given(message, body, choice, cut.text, shown.sizeBytes, cut.truncated || !shown.complete);
}

function given(
  message: FetchedMessage,
  body: BodyStructure,
  choice: BodyPreference,
  text: string,
  sizeBytes: number,
  truncated: boolean,
): MadeBody {
  const data = text === '' && truncated ? undefined : text;
  return { type: choice.type, data, sizeBytes, truncated, preview: preview(message, body, choice, data !== undefined) };
}

/** Plain text that is given needs no preview (MS-ASAIRS 2.2.2.35.1). */
function preview(
  message: FetchedMessage,
  body: BodyStructure,
  choice: BodyPreference,
  hasData: boolean,
): string | undefined {
  if (!choice.preview || (choice.type === BODY_TYPES.plain && hasData)) return undefined;
  const [part] = body.plain;
  const fetched = part && message.parts.get(part.path);
  if (!part || !fetched) return undefined;
  const parts = new Map(message.parts);
  if (part.type === 'text/html' && fetched.bytes.length > PREVIEW_HTML_LIMIT) {
    parts.set(part.path, { bytes: fetched.bytes.subarray(0, PREVIEW_HTML_LIMIT), complete: false });
  }
  const text = oneLine(shownText({ ...message, parts }, [part], false).text);
  return text === '' ? undefined : cutText(text, choice.preview);
}

export function bodyElement(made: MadeBody, version: ProtocolVersion, outOfLine: OutOfLine | undefined): Element {
  const part = outOfLine && made.data !== undefined ? outOfLine.add(Buffer.from(made.data)) : undefined;
  return element(
    'AirSyncBase:Body',
    element('AirSyncBase:Type', made.type),
    element('AirSyncBase:EstimatedDataSize', made.sizeBytes),
    made.truncated && element('AirSyncBase:Truncated', 1),
    part === undefined && made.data !== undefined && element('AirSyncBase:Data', made.data),
    made.preview !== undefined && atLeast(version, '14.0') && element('AirSyncBase:Preview', made.preview),
    part !== undefined && element('ItemOperations:Part', part),
  );
}

/** Only at 14.1 and later. */
export function bodyPartElement(made: MadeBody): Element {
  return element(
    'AirSyncBase:BodyPart',
    element('AirSyncBase:Status', PART_SUCCESS),
    element('AirSyncBase:Type', made.type),
    element('AirSyncBase:EstimatedDataSize', made.sizeBytes),
    made.truncated && element('AirSyncBase:Truncated', 1),
    made.data !== undefined && element('AirSyncBase:Data', made.data),
    made.preview !== undefined && element('AirSyncBase:Preview', made.preview),
  );
}
