/** Messages with the parts that a plan asks for, in two flights: what there is, then the parts, grouped by equal wishes. */
import type { FetchedMessage, FetchedPart, FetchPlan, Part, PartRequest } from '../message.ts';
import { UidRuns } from '../uid-runs.ts';
import { both } from './changes.ts';
import { type FetchItems, setsOf, stateOf, uidFetch } from './messages.ts';
import { select } from './select.ts';
import { structureOf } from './structure.ts';
import type { ImapSession } from './wire/session.ts';
import { textOf, type Value } from './wire/values.ts';

const FIRST_ITEMS = '(UID FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER])';
/** The largest number that a partial fetch takes (RFC 3501 section 9: a 32-bit number; some servers count signed). */
const MAX_COUNT = 2_147_483_647;

interface Draft extends Omit<FetchedMessage, 'parts'> {
  readonly parts: Map<string, FetchedPart>;
}

export async function fetchMessages(
  session: ImapSession,
  folderId: string,
  uids: readonly number[],
  plan: FetchPlan,
  onMessage?: (message: FetchedMessage) => void,
): Promise<readonly FetchedMessage[]> {
  if (uids.length === 0) {
    await select(session, folderId);
    return [];
  }
  const drafts = new Map<number, Draft>();
  const selecting = select(session, folderId);
  const first = setsOf(UidRuns.of(uids)).map((set) =>
    uidFetch(session, set, FIRST_ITEMS, (uid, items) => {
      if (!items.has('BODYSTRUCTURE')) return false;
      const header = bytesOf(items.get('BODY[HEADER]'));
      const structure = structureOf(items.get('BODYSTRUCTURE'));
      drafts.set(uid, { ...stateOf(uid, items), header, structure, parts: new Map() });
      return true;
    }),
  );
  await both(selecting, ...first);
  await fetchParts(session, drafts, plan, onMessage);
  const results: FetchedMessage[] = [];
  for (const uid of uids) {
    const draft = drafts.get(uid);
    if (draft) results.push(draft);
  }
  return results;
}

interface Group {
  readonly requests: readonly PartRequest[];
  readonly uids: number[];
}

async function fetchParts(
  session: ImapSession,
  drafts: ReadonlyMap<number, Draft>,
  plan: FetchPlan,
  onMessage: ((message: FetchedMessage) => void) | undefined,
): Promise<void> {
  const groups = new Map<string, Group>();
  for (const draft of drafts.values()) {
    const wanted = plan(draft);
    if (wanted.length === 0) continue;
    const paths = pathsOf(draft.structure);
    const requests = wanted.filter(({ path }) => path === '' || paths.has(path));
    if (requests.length === 0) continue;
    const key = requests.map(itemOf).join(' ');
    const group = groups.get(key);
    if (group) group.uids.push(draft.uid);
    else groups.set(key, { requests, uids: [draft.uid] });
  }
  const commands: Promise<void>[] = [];
  for (const [key, { requests, uids }] of groups) {
    const members = new Set(uids);
    for (const set of setsOf(UidRuns.of(uids))) {
      commands.push(
        uidFetch(session, set, `(UID ${key})`, (uid, items) => {
          const draft = members.has(uid) ? drafts.get(uid) : undefined;
          if (!draft || !hasBody(items)) return false;
          for (const request of requests) draft.parts.set(request.path, partOf(request, items));
          onMessage?.(draft);
          return true;
        }),
      );
    }
  }
  await both(...commands);
}

/** One byte more than wanted is asked for: whether it comes tells if the limit cut something, whatever sizes the server tells. */
function itemOf({ path, offsetBytes, limitBytes }: PartRequest): string {
  if (offsetBytes === undefined && limitBytes === undefined) return `BODY.PEEK[${path}]`;
  const count = limitBytes === undefined ? MAX_COUNT : Math.min(limitBytes + 1, MAX_COUNT);
  return `BODY.PEEK[${path}]<${offsetBytes ?? 0}.${count}>`;
}

function partOf(request: PartRequest, items: ReadonlyMap<string, Value>): FetchedPart {
  const name = `BODY[${request.path}]`;
  const isPartial = request.offsetBytes !== undefined || request.limitBytes !== undefined;
  const bytes = bytesOf((isPartial ? items.get(`${name}<${request.offsetBytes ?? 0}>`) : undefined) ?? items.get(name));
  const isCut = request.limitBytes !== undefined && bytes.length > request.limitBytes;
  return { bytes: isCut ? bytes.subarray(0, request.limitBytes) : bytes, complete: !isCut };
}

function hasBody(items: FetchItems): boolean {
  for (const name of items.keys()) if (name.startsWith('BODY[')) return true;
  return false;
}

function bytesOf(value: Value | undefined): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(textOf(value), 'utf8');
}

function pathsOf(part: Part, into = new Set<string>()): Set<string> {
  into.add(part.path);
  for (const child of part.parts) pathsOf(child, into);
  return into;
}
