/** What a Search of the mailbox finds, and how it is shown: mail by the mail system's own search, the other classes by their texts. */
import { BackendError } from '../../backends/index.ts';
import type { Log } from '../../platform/index.ts';
import type { FoundItem, ResourceMatch, SyncFolder, UserSync } from '../../sync/index.ts';
import { BODY_TYPES, type EmailOptions, resourceCodec, resourceWords } from '../items/index.ts';
import { itemRenderer } from './item-renderer.ts';
import { type RenderedItem, renderItems } from './render-items.ts';
import type { MailboxQuery } from './search-query.ts';

/** What a result shows of a body where the device has no BodyPreference: enough to know the message again. */
const EXCERPT_BYTES = 500;

/** Newest first, of every class. */
export async function findItems(
  user: UserSync,
  folders: readonly SyncFolder[],
  { text: words, after, before }: MailboxQuery,
  limit: number,
  log: Log,
): Promise<readonly FoundItem[]> {
  const isMail = ({ itemClass }: SyncFolder): boolean => itemClass === 'Email';
  const isBetween = (ms: number): boolean =>
    (after === undefined || ms > after) && (before === undefined || ms < before);
  const query = {
    ...(words !== '' && { text: words }),
    ...(after !== undefined && { after: new Date(after) }),
    ...(before !== undefined && { before: new Date(before) }),
  };
  const mailFolders = folders.filter(isMail);
  const collections = folders.filter((it) => !isMail(it));
  const mail = mailFolders.length > 0 ? await user.search(mailFolders, query, limit) : [];
  const matches = resourceMatch(words, after === undefined && before === undefined ? undefined : isBetween);
  const others = await searchCollections(user, collections, matches, limit, mailFolders.length > 0, log);
  return [...mail.filter(({ receivedAt }) => isBetween(receivedAt.getTime())), ...others]
    .toSorted((one, other) => other.receivedAt.getTime() - one.receivedAt.getTime())
    .slice(0, limit);
}

/** That calendars cannot be reached keeps no mail from being found. */
async function searchCollections(
  user: UserSync,
  collections: readonly SyncFolder[],
  matches: ResourceMatch,
  limit: number,
  isBesideMail: boolean,
  log: Log,
): Promise<readonly FoundItem[]> {
  if (collections.length === 0) return [];
  try {
    return await user.searchResources(collections, matches, limit);
  } catch (error) {
    if (!isBesideMail || !(error instanceof BackendError)) throw error;
    log.warn({ error }, 'Calendars and contacts cannot be searched for now');
    return [];
  }
}

/** What says nothing of when it was made is not found by a date. */
function resourceMatch(words: string, isWanted: ((ms: number) => boolean) | undefined): ResourceMatch {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return (itemClass, source) => {
    if (itemClass !== 'Email' && resourceCodec(itemClass).isHidden?.(source)) return undefined;
    const { text: shown, createdMs } = resourceWords(source);
    if (isWanted && (createdMs === undefined || !isWanted(createdMs))) return undefined;
    if (!wanted.every((it) => shown.includes(it))) return undefined;
    return { createdAt: createdMs === undefined ? undefined : new Date(createdMs) };
  };
}

/** In the order asked. */
export async function renderFound(
  user: UserSync,
  items: readonly FoundItem[],
  options: EmailOptions,
  log: Log,
): Promise<readonly RenderedItem<FoundItem>[]> {
  const rendered = new Map<string, RenderedItem<FoundItem>>();
  for (const itemClass of new Set(items.map((it) => it.folder.itemClass))) {
    const alike = items.filter((it) => it.folder.itemClass === itemClass);
    const shown = itemClass === 'Email' ? withExcerpt(options) : { ...options, bodies: bodiesOf(options) };
    const result = await renderItems(user, alike, itemRenderer(itemClass, shown, user), log);
    for (const it of result.rendered) rendered.set(it.item.serverId, it);
  }
  return items.flatMap((it) => rendered.get(it.serverId) ?? []);
}

const bodiesOf = ({ bodies }: EmailOptions): EmailOptions['bodies'] => (bodies.length > 0 ? bodies : [EXCERPT]);

function withExcerpt(options: EmailOptions): EmailOptions {
  if (options.bodies.length > 0) return options;
  if (options.mimeSupport > 0) return { ...options, bodies: [{ ...EXCERPT, type: BODY_TYPES.mime }] };
  return { ...options, bodies: bodiesOf(options) };
}

const EXCERPT = {
  type: BODY_TYPES.plain,
  truncationSize: EXCERPT_BYTES,
  allOrNone: false,
  preview: undefined,
} as const;
