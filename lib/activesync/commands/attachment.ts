/** An attachment by its FileReference, for ItemOperations and GetAttachment, as far as the user's policy allows. */
import type { Part } from '../../backends/index.ts';
import { type SyncItem, textOfResource } from '../../sync/index.ts';
import {
  type AttachmentContent,
  findPart,
  ItemError,
  parseFileReference,
  renderAttachment,
  resourceCodec,
} from '../items/index.ts';
import type { CommandContext } from './command.ts';

/** More than any mail system takes in, and what one answer may hold in memory. */
const LIMIT_BYTES = 100 * 1024 * 1024;
/** Base64 with its line breaks is so much longer than what it carries. */
const BASE64_FACTOR = 1.4;

export type LoadedAttachment =
  | ({ readonly kind: 'attachment' } & AttachmentContent)
  | { readonly kind: 'refused'; readonly reason: 'forbidden' | 'too-large' | 'not-found' };

export async function loadAttachment(fileReference: string, context: CommandContext): Promise<LoadedAttachment> {
  const { user } = context;
  const { requirement, settings } = context.policies.policyFor(user.account.user);
  const policy = requirement === 'none' ? {} : settings;
  // MS-ASPROV R206: the server sees to it as well.
  if (policy['AttachmentsEnabled'] === false) return refused('forbidden');
  const maxSize = policy['MaxAttachmentSize'];
  const limitBytes = typeof maxSize === 'number' ? Math.min(maxSize, LIMIT_BYTES) : LIMIT_BYTES;

  const reference = parseFileReference(fileReference);
  const item = reference && (await user.item(reference.serverId));
  if (!item) return refused('not-found');
  if (item.folder.itemClass !== 'Email') return ofResource(item, reference.path, limitBytes, context);
  const isTooLarge = (part: Part): boolean => part.sizeBytes > limitBytes * BASE64_FACTOR;
  const fetched = await user.fetch([item], ({ structure }) => {
    const part = findPart(structure, reference.path);
    return part && !isTooLarge(part) ? [{ path: part.path }] : [];
  });
  const message = fetched.get(item.serverId);
  const part = message && findPart(message.structure, reference.path);
  if (!part) return refused('not-found');
  if (isTooLarge(part)) return refused('too-large');
  const content = message.parts.get(part.path);
  if (!content) return refused('not-found');
  const attachment = renderAttachment(part, content);
  return attachment.bytes.length > limitBytes ? refused('too-large') : { kind: 'attachment', ...attachment };
}

/** Of an event, from 16.0 on (MS-ASCAL 2.2.2.1). */
async function ofResource(
  item: SyncItem,
  path: string,
  limitBytes: number,
  { user, log }: CommandContext,
): Promise<LoadedAttachment> {
  const resource = (await user.fetch([item], () => [{ path: '' }])).get(item.serverId);
  if (!resource || item.folder.itemClass === 'Email') return refused('not-found');
  try {
    const attachment = resourceCodec(item.folder.itemClass).attachment(textOfResource(resource), path);
    if (!attachment) return refused('not-found');
    return attachment.bytes.length > limitBytes ? refused('too-large') : { kind: 'attachment', ...attachment };
  } catch (thrown) {
    if (!(thrown instanceof ItemError)) throw thrown;
    log.warn({ item: item.serverId, error: thrown }, 'An attachment cannot be read');
    return refused('not-found');
  }
}

const refused = (reason: Extract<LoadedAttachment, { kind: 'refused' }>['reason']): LoadedAttachment => ({
  kind: 'refused',
  reason,
});
