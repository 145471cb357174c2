/**
 * Settings/Oof, out-of-office replies (MS-ASCMD 2.2.3.122). No mail system behind Caravan can keep them yet, and a device
 * that were told "off" or "done" would mislead its user: a request that is right is answered 4, server unavailable.
 */
import { child, children, type Element, parseTimestamp, SettingsStatus, text } from '../protocol/index.ts';

const AUDIENCES = ['AppliesToInternal', 'AppliesToExternalKnown', 'AppliesToExternalUnknown'] as const;

/** The Status of an Oof property. */
export function oofStatus(oof: Element): number {
  const get = child(oof, 'Settings:Get');
  const set = child(oof, 'Settings:Set');
  if ((get === undefined) === (set === undefined)) return SettingsStatus.protocolError;
  return (get ? problemOfGet(get) : set && problemOfSet(set)) ?? SettingsStatus.serverUnavailable;
}

function problemOfGet(get: Element): number | undefined {
  const bodyType = text(get, 'Settings:BodyType');
  if (bodyType === undefined || bodyType === '') return SettingsStatus.protocolError;
  return isBodyType(bodyType) ? undefined : SettingsStatus.invalidArguments;
}

function problemOfSet(set: Element): number | undefined {
  const start = text(set, 'Settings:StartTime');
  const end = text(set, 'Settings:EndTime');
  // R2272, R5681: one without the other.
  if ((start === undefined) !== (end === undefined)) return SettingsStatus.protocolError;
  const state = text(set, 'Settings:OofState');
  if (state !== undefined && !/^[012]$/.test(state.trim())) return SettingsStatus.invalidArguments;
  if (start !== undefined && end !== undefined) {
    const [from, to] = [parseTimestamp(start), parseTimestamp(end)];
    if (from === undefined || to === undefined) return SettingsStatus.invalidArguments;
    if (from >= to) return SettingsStatus.conflictingArguments;
  }
  const messages = children(set, 'Settings:OofMessage');
  const audiences = messages.flatMap((it) => AUDIENCES.filter((audience) => child(it, `Settings:${audience}`)));
  if (new Set(audiences).size !== audiences.length) return SettingsStatus.conflictingArguments;
  for (const message of messages) {
    const bodyType = text(message, 'Settings:BodyType');
    if (bodyType !== undefined && !isBodyType(bodyType)) return SettingsStatus.invalidArguments;
    // R816: a reply has a type.
    if (bodyType === undefined && text(message, 'Settings:ReplyMessage')) return SettingsStatus.protocolError;
  }
  return undefined;
}

const isBodyType = (text: string): boolean => /^(text|html)$/i.test(text.trim());
