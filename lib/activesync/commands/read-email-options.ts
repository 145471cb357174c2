/** How a device wants email rendered, as far as the commands can give it. */
import { BODY_TYPES, type EmailOptions, readEmailOptions as readOptions } from '../items/index.ts';
import { CommonStatus, type Element, type ProtocolVersion } from '../protocol/index.ts';

/**
 * The options; or the status with which the item is refused: 164 for a BodyPartPreference of a type other than HTML (R5412).
 * Throws MalformedValue for what isn't of its type. Without Options: the version's defaults.
 */
export function readEmailOptions(options: Element | undefined, version: ProtocolVersion): EmailOptions | number {
  const read = readOptions(options, version);
  const hasOtherParts = read.bodyParts.some((it) => it.type !== BODY_TYPES.html);
  return hasOtherParts ? CommonStatus.bodyPartPreferenceTypeNotSupported : read;
}
