// Messages as a backend would give them: only the bytes that the renderer planned to fetch.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EmailOptions,
  emailRenderer,
  type OutOfLine,
  readEmailOptions,
} from '../../../lib/activesync/items/index.ts';
import {
  child,
  children,
  type Element,
  type ProtocolVersion,
  type TagName,
  text,
} from '../../../lib/activesync/protocol/index.ts';
import {
  type FetchedMessage,
  type FetchedPart,
  type FetchPlan,
  type MessageFlags,
  parseMessage,
} from '../../../lib/backends/index.ts';

const CORPUS = join(import.meta.dirname, 'corpus');

export const CORPUS_NAMES: readonly string[] = readdirSync(CORPUS)
  .filter((it) => it.endsWith('.eml'))
  .map((it) => it.replace(/\.eml$/, ''));

export const corpus = (name: string): Uint8Array => readFileSync(join(CORPUS, `${name}.eml`));

/** Written with bare line feeds. */
export const mail = (lines: string): Uint8Array => Buffer.from(lines.replace(/\r?\n/g, '\r\n'));

export const VERSIONS: readonly ProtocolVersion[] = ['16.1', '16.0', '14.1', '14.0', '12.1'];

export const RECEIVED_AT = new Date('2026-03-03T09:15:02.000Z');

export interface Fetched {
  readonly message: FetchedMessage;
  /** What was asked for, in bytes: header apart. */
  readonly fetchedBytes: number;
}

export function fetched(raw: Uint8Array, plan: FetchPlan, flags: MessageFlags = []): Fetched {
  const parsed = parseMessage(raw);
  const parts = new Map<string, FetchedPart>();
  let fetchedBytes = 0;
  for (const { path, offsetBytes = 0, limitBytes } of plan({ structure: parsed.structure, sizeBytes: raw.length })) {
    const range = parsed.slice(path);
    if (!range) continue;
    const whole = raw.subarray(range.start + offsetBytes, range.end);
    const bytes = limitBytes === undefined ? whole : whole.subarray(0, limitBytes);
    fetchedBytes += bytes.length;
    parts.set(path, { bytes, complete: bytes.length === whole.length });
  }
  const { header, structure } = parsed;
  return {
    message: { uid: 7, flags, receivedAt: RECEIVED_AT, sizeBytes: raw.length, header, structure, parts },
    fetchedBytes,
  };
}

export interface Rendering {
  readonly version?: ProtocolVersion;
  /** Over the version's defaults. */
  readonly options?: Partial<EmailOptions>;
  readonly flags?: MessageFlags;
  readonly previous?: MessageFlags;
  readonly purpose?: 'add' | 'change';
  readonly outOfLine?: OutOfLine;
}

/** As ApplicationData. */
export function rendered(raw: Uint8Array, rendering: Rendering = {}): Element {
  const { version = '16.1', options = {}, flags = [], purpose = 'add', previous, outOfLine } = rendering;
  const renderer = emailRenderer({ ...readEmailOptions(undefined, version), ...options }, outOfLine);
  const { message } = fetched(raw, renderer.plan, flags);
  return { tag: 'AirSync:ApplicationData', content: renderer.render(message, '5:7', purpose, previous) };
}

export const preference = (type: 1 | 2 | 3 | 4, truncationSize?: number, allOrNone = false, preview?: number) => ({
  type,
  truncationSize,
  allOrNone,
  preview,
});

/** `Body` of what was rendered, with its children by name. */
export interface ShownBody {
  readonly type: string | undefined;
  readonly size: number;
  readonly truncated: boolean;
  readonly data: string | undefined;
  readonly preview: string | undefined;
}

export function bodyOf(data: Element, tag: TagName = 'AirSyncBase:Body'): ShownBody {
  const body = child(data, tag);
  return {
    type: text(body, 'AirSyncBase:Type'),
    size: Number(text(body, 'AirSyncBase:EstimatedDataSize')),
    truncated: text(body, 'AirSyncBase:Truncated') === '1',
    data: text(body, 'AirSyncBase:Data'),
    preview: text(body, 'AirSyncBase:Preview'),
  };
}

export const namesOf = (it: Element | undefined): readonly string[] =>
  children(it).map((part) => part.tag.split(':')[1] ?? '');
