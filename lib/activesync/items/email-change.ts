/** What a device changed of a message, from the Change of a Sync (MS-ASEMAIL 2.2.2, 3.2.5.3.2). */
import type { MessageFlags } from '../../backends/index.ts';
import type { MessageChange } from '../../sync/index.ts';
import {
  atLeast,
  child,
  children,
  type Element,
  flag,
  MalformedValue,
  type ProtocolVersion,
  textOf,
} from '../protocol/index.ts';
import { replaceCategories } from './categories.ts';
import { applyDraft, type DraftAuthor, isToBeSent, readDraftContent } from './draft.ts';
import type { ReadEmailChange } from './email.ts';
import { type FlagUpdate, readFlag } from './flag.ts';

/** The server's own: a device that sends one of them is answered Status 6. */
const READ_ONLY = [
  'Email2:ConversationId',
  'Email2:ReceivedAsBcc',
  'Email2:Sender',
  'Email2:UmCallerID',
  'Email2:UmUserNotes',
] as const;

/**
 * `it` is the Change, or its ApplicationData. Throws MalformedValue where the answer is Status 6: for what only the server
 * sets, a Read that is no boolean, a Flag against its rules. Strangers are passed over.
 */
export function readEmailChange(it: Element, version: ProtocolVersion, author: DraftAuthor): ReadEmailChange {
  const data = child(it, 'AirSync:ApplicationData') ?? it;
  for (const tag of READ_ONLY) {
    const found = child(data, tag);
    if (found) throw new MalformedValue(tag, textOf(found), 'nothing: only the server sets it');
  }
  const read = flag(data, 'Email:Read');
  const flagIt = child(data, 'Email:Flag');
  const categories = atLeast(version, '14.0') ? child(data, 'Email:Categories') : undefined;
  const names = categories && children(categories, 'Email:Category').map(textOf);
  const draft = atLeast(version, '16.0') ? readDraftContent(data) : undefined;
  const updates: readonly FlagUpdate[] = [
    ...(flagIt ? [readFlag(flagIt)] : []),
    ...(names ? [(current: MessageFlags) => replaceCategories(current, names)] : []),
  ];
  const change: MessageChange = {
    ...(read === undefined ? {} : { read }),
    ...(updates.length === 0
      ? {}
      : { ...(flagIt ? certain(flagIt) : {}), adjust: (current) => joined(updates, current) }),
    ...(draft ? { rewrite: (original) => applyDraft(draft, author, original) } : {}),
  };
  return { change, send: atLeast(version, '16.0') && isToBeSent(it) };
}

/** What is to be done whatever flags the message has. */
function certain(it: Element): Pick<MessageChange, 'add' | 'remove'> {
  const { add, remove } = readFlag(it)([]);
  return { ...(add.length > 0 ? { add } : {}), ...(remove.length > 0 ? { remove } : {}) };
}

function joined(updates: readonly FlagUpdate[], current: MessageFlags): { add: MessageFlags; remove: MessageFlags } {
  const changes = updates.map((update) => update(current));
  return { add: changes.flatMap((it) => it.add), remove: changes.flatMap((it) => it.remove) };
}
