/**
 * Settings/Oof, out-of-office replies (MS-ASCMD 2.2.3.122). Where the mail system keeps none, a device that were told "off"
 * or "done" would mislead its user: a request that is right is answered 4, server unavailable.
 */
import { type AutoReply, type AutoReplyMessage, BackendError, type Mailbox } from '../../backends/index.ts';
import { htmlToText, textToHtml } from '../items/index.ts';
import {
  child,
  children,
  type Element,
  element,
  formatDashed,
  parseTimestamp,
  SettingsStatus,
  text,
} from '../protocol/index.ts';

const AUDIENCES = ['AppliesToInternal', 'AppliesToExternalKnown', 'AppliesToExternalUnknown'] as const;
const STATES = ['off', 'on', 'scheduled'] as const;
/** In the order of AUDIENCES. */
const MESSAGES = ['internal', 'externalKnown', 'external'] as const;

/** What an Oof property is answered. Throws BackendError. */
export async function answerOof(oof: Element, mailbox: Mailbox): Promise<Element> {
  const get = child(oof, 'Settings:Get');
  const set = child(oof, 'Settings:Set');
  if ((get === undefined) === (set === undefined)) return status(SettingsStatus.protocolError);
  const problem = get ? problemOfGet(get) : set && problemOfSet(set);
  if (problem !== undefined) return status(problem);
  try {
    const known = mailbox.capabilities.canAutoReply ? await mailbox.autoReply?.() : undefined;
    if (known === undefined) return status(SettingsStatus.serverUnavailable);
    if (get) return status(SettingsStatus.success, shown(known, /^html$/i.test(text(get, 'Settings:BodyType') ?? '')));
    const wanted = changed(known, set);
    if (wanted === undefined) return status(SettingsStatus.invalidArguments);
    await mailbox.setAutoReply?.(wanted);
    return status(SettingsStatus.success);
  } catch (thrown) {
    if (!(thrown instanceof BackendError) || thrown.code !== 'unsupported') throw thrown;
    return status(SettingsStatus.serverUnavailable);
  }
}

function shown(reply: AutoReply, asHtml: boolean): Element {
  const { state, startMs, endMs } = reply;
  return element(
    'Settings:Get',
    element('Settings:OofState', STATES.indexOf(state)),
    startMs !== undefined && element('Settings:StartTime', formatDashed(startMs)),
    endMs !== undefined && element('Settings:EndTime', formatDashed(endMs)),
    MESSAGES.map((name, index) => {
      const message = reply[name];
      return element(
        'Settings:OofMessage',
        element(`Settings:${AUDIENCES[index] ?? 'AppliesToInternal'}`),
        element('Settings:Enabled', message?.isEnabled ? 1 : 0),
        message !== undefined && element('Settings:ReplyMessage', textAs(message, asHtml)),
        // R826: together with the message always.
        element('Settings:BodyType', asHtml ? 'HTML' : 'TEXT'),
      );
    }),
  );
}

function textAs({ text: written, isHtml }: AutoReplyMessage, asHtml: boolean): string {
  if (isHtml === asHtml) return written;
  return asHtml ? textToHtml(written) : htmlToText(written);
}

/** What is not set stays as it was. Undefined: a schedule without times. */
function changed(known: AutoReply, set: Element | undefined): AutoReply | undefined {
  const state = STATES[Number(text(set, 'Settings:OofState')?.trim() || STATES.indexOf(known.state))] ?? 'off';
  const startMs = parseTimestamp(text(set, 'Settings:StartTime') ?? '') ?? known.startMs;
  const endMs = parseTimestamp(text(set, 'Settings:EndTime') ?? '') ?? known.endMs;
  if (state === 'scheduled' && (startMs === undefined || endMs === undefined)) return undefined;
  const messages = MESSAGES.map((name, index) => {
    const given = children(set, 'Settings:OofMessage').find((it) =>
      child(it, `Settings:${AUDIENCES[index] ?? 'AppliesToInternal'}`),
    );
    return [name, given ? messageOf(given, known[name]) : known[name]] as const;
  });
  return {
    state,
    ...(startMs !== undefined && { startMs }),
    ...(endMs !== undefined && { endMs }),
    ...Object.fromEntries(messages.filter(([, message]) => message !== undefined)),
  };
}

function messageOf(given: Element, known: AutoReplyMessage | undefined): AutoReplyMessage {
  const written = text(given, 'Settings:ReplyMessage');
  return {
    isEnabled: text(given, 'Settings:Enabled')?.trim() === '1',
    text: written ?? known?.text ?? '',
    isHtml:
      written === undefined ? (known?.isHtml ?? false) : /^html$/i.test(text(given, 'Settings:BodyType')?.trim() ?? ''),
  };
}

const status = (value: number, rest?: Element): Element =>
  element('Settings:Oof', element('Settings:Status', value), rest);

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
