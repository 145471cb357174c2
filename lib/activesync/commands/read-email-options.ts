/** How a device wants email rendered, from the Options of Sync, ItemOperations and Search. */
import { BODY_TYPES, type BodyPreference, type BodyType, type EmailOptions } from '../items/index.ts';
import {
  child,
  children,
  CommonStatus,
  type Element,
  flag,
  integer,
  MalformedValue,
  type ProtocolVersion,
  type TagName,
} from '../protocol/index.ts';

/** MS-ASCMD 2.2.3.111: bytes of MIME by MIMETruncation; 8: never cut. */
const MIME_TRUNCATION_BYTES = [0, 4096, 5120, 7168, 10_240, 20_480, 51_200, 102_400, undefined] as const;
/** MS-ASAIRS 2.2.2.39. */
const MAX_PREVIEW_CHARACTERS = 255;

/**
 * The options; or the status with which the item is refused: 164 for a BodyPartPreference of a type other than HTML.
 * Throws MalformedValue for what isn't of its type. Without Options: the version's defaults.
 */
export function readEmailOptions(options: Element | undefined, version: ProtocolVersion): EmailOptions | number {
  const bodyParts = preferences(options, 'AirSyncBase:BodyPartPreference');
  if (bodyParts.some((it) => it.type !== BODY_TYPES.html)) return CommonStatus.bodyPartPreferenceTypeNotSupported;
  return {
    version,
    mimeSupport: oneOf(options, 'AirSync:MIMESupport', [0, 1, 2]) ?? 0,
    mimeTruncation: MIME_TRUNCATION_BYTES[oneOf(options, 'AirSync:MIMETruncation', [0, 1, 2, 3, 4, 5, 6, 7, 8]) ?? 8],
    bodies: preferences(options, 'AirSyncBase:BodyPreference'),
    bodyParts,
  };
}

function preferences(options: Element | undefined, tag: TagName): readonly BodyPreference[] {
  return children(options, tag).map((it) => {
    const type: BodyType | undefined = oneOf(it, 'AirSyncBase:Type', [1, 2, 3, 4]);
    if (type === undefined) throw new MalformedValue(tag, '', 'a Type');
    const truncationSize = integer(it, 'AirSyncBase:TruncationSize');
    const preview = integer(it, 'AirSyncBase:Preview');
    if (truncationSize !== undefined && truncationSize < 0) {
      throw new MalformedValue('AirSyncBase:TruncationSize', String(truncationSize), 'a number of bytes');
    }
    if (preview !== undefined && (preview < 0 || preview > MAX_PREVIEW_CHARACTERS)) {
      throw new MalformedValue('AirSyncBase:Preview', String(preview), `0 to ${MAX_PREVIEW_CHARACTERS} characters`);
    }
    return { type, truncationSize, allOrNone: flag(it, 'AirSyncBase:AllOrNone') ?? false, preview };
  });
}

function oneOf<const N extends number>(parent: Element | undefined, tag: TagName, values: readonly N[]): N | undefined {
  if (!child(parent, tag)) return undefined;
  const value = integer(parent, tag);
  const found = values.find((it) => it === value);
  if (found === undefined) throw new MalformedValue(tag, String(value), `one of ${values.join(', ')}`);
  return found;
}
