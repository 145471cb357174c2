/**
 * How a device wants its mail, from the Options of Sync, ItemOperations, Search or Find. Tolerant of order and of what is not
 * ours; strict where the specification has a status for it (MS-ASAIRS 3.2.5.1): MalformedValue, which is Status 4 of a Sync.
 */
import {
  atLeast,
  child,
  children,
  type Element,
  flag,
  integer,
  MalformedValue,
  type ProtocolVersion,
  text,
} from '../protocol/index.ts';
import { BODY_TYPES, type BodyPreference, type BodyType, type EmailOptions } from './email-options.ts';

/** FilterType (MS-ASCMD 2.2.3.68.2): days of mail; undefined: all. Other values belong to other classes (6, 7: calendar, 8: tasks). */
export const FILTER_DAYS: Readonly<Record<number, number | undefined>> = {
  0: undefined,
  1: 1,
  2: 3,
  3: 7,
  4: 14,
  5: 30,
};

/** MIMETruncation (MS-ASCMD 2.2.3.111), in bytes; undefined: all. */
const MIME_TRUNCATION_BYTES: readonly (number | undefined)[] = [
  0,
  4_096,
  5_120,
  7_168,
  10_240,
  20_480,
  51_200,
  102_400,
  undefined,
];

const TRUNCATION_SIZE_LIMIT = 4_294_967_295;
/** MS-ASAIRS 2.2.2.35.4 */
const PREVIEW_LIMIT = 255;

const TYPES: ReadonlySet<number> = new Set(Object.values(BODY_TYPES));

/**
 * The default of everything where `options` is undefined or says nothing of it. Throws MalformedValue for: a Type missing or
 * beyond 1 to 4, two preferences of one Type, a TruncationSize, AllOrNone or Preview of the wrong type or given twice, a
 * MIMESupport beyond 0 to 2, a MIMETruncation beyond 0 to 8. RightsManagementSupport and strangers are passed over.
 */
export function readEmailOptions(options: Element | undefined, version: ProtocolVersion): EmailOptions {
  const mimeSupport = integer(options, 'AirSync:MIMESupport') ?? 0;
  if (mimeSupport !== 0 && mimeSupport !== 1 && mimeSupport !== 2) {
    throw new MalformedValue('AirSync:MIMESupport', String(mimeSupport), '0, 1 or 2');
  }
  const truncation = integer(options, 'AirSync:MIMETruncation');
  if (truncation !== undefined && !(truncation in MIME_TRUNCATION_BYTES)) {
    throw new MalformedValue('AirSync:MIMETruncation', String(truncation), 'a number from 0 to 8');
  }
  return {
    version,
    mimeSupport,
    mimeTruncation: truncation === undefined ? undefined : MIME_TRUNCATION_BYTES[truncation],
    bodies: readPreferences(options, 'AirSyncBase:BodyPreference', version),
    bodyParts: atLeast(version, '14.1') ? readPreferences(options, 'AirSyncBase:BodyPartPreference', version) : [],
  };
}

function readPreferences(
  options: Element | undefined,
  tag: 'AirSyncBase:BodyPreference' | 'AirSyncBase:BodyPartPreference',
  version: ProtocolVersion,
): readonly BodyPreference[] {
  const preferences = children(options, tag).map((it) => readPreference(it, version));
  if (new Set(preferences.map((it) => it.type)).size < preferences.length) {
    throw new MalformedValue(tag, 'the same Type twice', 'one preference for each Type');
  }
  return preferences;
}

function readPreference(it: Element, version: ProtocolVersion): BodyPreference {
  for (const tag of [
    'AirSyncBase:Type',
    'AirSyncBase:TruncationSize',
    'AirSyncBase:AllOrNone',
    'AirSyncBase:Preview',
  ] as const) {
    if (children(it, tag).length > 1) throw new MalformedValue(tag, 'twice', 'one in each preference');
  }
  const type = integer(it, 'AirSyncBase:Type');
  if (type === undefined || !TYPES.has(type))
    throw new MalformedValue('AirSyncBase:Type', String(type ?? ''), '1, 2, 3 or 4');
  const preview = bounded(it, 'AirSyncBase:Preview', PREVIEW_LIMIT);
  return {
    type: type as BodyType,
    truncationSize: bounded(it, 'AirSyncBase:TruncationSize', TRUNCATION_SIZE_LIMIT),
    allOrNone: flag(it, 'AirSyncBase:AllOrNone') ?? false,
    preview: atLeast(version, '14.0') && preview ? preview : undefined,
  };
}

function bounded(
  it: Element,
  tag: 'AirSyncBase:Preview' | 'AirSyncBase:TruncationSize',
  limit: number,
): number | undefined {
  if (!child(it, tag)) return undefined;
  const value = integer(it, tag) ?? 0;
  if (value < 0 || value > limit) throw new MalformedValue(tag, text(it, tag) ?? '', `a number from 0 to ${limit}`);
  return value;
}
