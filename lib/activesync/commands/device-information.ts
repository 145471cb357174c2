/** DeviceInformation, as Settings and Provision both bring it (MS-ASCMD 2.2.3.45). */
import { child, children, type Element, textOf } from '../protocol/index.ts';

/** MS-ASCMD 6.40: DeviceInformationStringType. */
const MAX_VALUE_CHARACTERS = 1024;

export type DeviceInformation =
  | { readonly kind: 'information'; readonly information: Readonly<Record<string, string>> }
  /** `malformed`: no Set, or something in it that isn't text; `invalid`: a value that no device should have. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'invalid' };

/** What a device says of itself, by tag: `Model`, `IMEI`, `FriendlyName`, … Elements unknown to the protocol are left out. */
export function readDeviceInformation(element: Element): DeviceInformation {
  const set = child(element, 'Settings:Set');
  if (set === undefined) return { kind: 'malformed' };
  const information: Record<string, string> = {};
  for (const it of children(set)) {
    const name = it.tag.slice('Settings:'.length);
    if (!NAMES.has(name)) continue;
    if (children(it).length > 0) return { kind: 'malformed' };
    const value = textOf(it);
    if (value.length > MAX_VALUE_CHARACTERS) return { kind: 'invalid' };
    if (name === 'EnableOutboundSMS' && value !== '0' && value !== '1') return { kind: 'invalid' };
    information[name] = value;
  }
  return { kind: 'information', information };
}

const NAMES: ReadonlySet<string> = new Set([
  'Model',
  'IMEI',
  'FriendlyName',
  'OS',
  'OSLanguage',
  'PhoneNumber',
  'UserAgent',
  'EnableOutboundSMS',
  'MobileOperator',
]);
