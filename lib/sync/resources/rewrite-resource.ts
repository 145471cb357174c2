/**
 * What is done to an event outside a Sync: every device, the one that asked included, hears of it as a change. Written only over
 * what was read, so that nobody's change is lost.
 */
import { createHash } from 'node:crypto';
import { BackendError, type Resource } from '../../backends/index.ts';
import type { FolderEntry } from '../folders/folder-registry.ts';
import { mustHold } from '../mail/client-commands.ts';
import type { MailContext } from '../mail/collection-session.ts';
import { ALL_TIME } from '../mail/folder-view.ts';
import { openFolder } from '../mail/open-folder.ts';
import { formatServerId } from '../server-id.ts';
import type { ResourceKey, ResourceRewrite } from '../sync.ts';
import type { ResourceSource } from './resource-source.ts';
import { isSameResource } from './same-resource.ts';

const ATTEMPTS = 3;

/** The ServerId of what is there afterwards. Throws BackendError. */
export async function rewriteResource(
  context: MailContext,
  folder: FolderEntry,
  key: ResourceKey,
  rewrite: ResourceRewrite,
): Promise<string | undefined> {
  const { resources } = context;
  const collectionId = folder.backendId;
  if (!resources || collectionId === undefined) throw new BackendError('unsupported', 'There is no such collection');
  const mark = await openFolder(context, folder);
  await context.views.of(folder.id).fresh(ALL_TIME, 0);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const current = await find(resources, collectionId, key);
    const text = await rewrite(current?.text);
    const name = current?.name ?? nameOf(key);
    const isDone = text === undefined ? !current : current !== undefined && isSameResource(text, current.text);
    if (!isDone && !(await write(context, resources, collectionId, name, text, current?.etag))) continue;
    if (!isDone) context.views.peek(folder.id)?.markStale();
    return text === undefined ? undefined : formatServerId(folder.id, mark, resources.adopt(collectionId, name));
  }
  throw new BackendError('unavailable', 'An event could not be written', { why: 'others keep changing it' });
}

/** False: it is not what was read any more. */
async function write(
  { lease }: MailContext,
  { store }: ResourceSource,
  collectionId: string,
  name: string,
  text: string | undefined,
  etag: string | undefined,
): Promise<boolean> {
  mustHold(lease);
  if (text === undefined) return (await store.remove(collectionId, name, etag)) !== 'conflict';
  const put = await store.put(collectionId, name, text, etag === undefined ? 'new' : { etag });
  return put.kind === 'stored';
}

/** The same meeting has the same name, whoever answers it: two servers do not make two events of it. */
const nameOf = (key: ResourceKey): string =>
  `${createHash('sha256')
    .update('uid' in key ? key.uid : String(key.id))
    .digest('hex')
    .slice(0, 32)}.ics`;

async function find(source: ResourceSource, collectionId: string, key: ResourceKey): Promise<Resource | undefined> {
  if ('id' in key) return (await source.read(collectionId, [key.id]))[0];
  return source.store.withUid(collectionId, key.uid);
}
