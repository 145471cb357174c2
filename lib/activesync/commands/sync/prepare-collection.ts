/** A collection of a Sync with what depends on its folder: options, commands, and how items are rendered. */
import type { ClientCommand, CollectionOptions, Renderer, SyncFolder } from '../../../sync/index.ts';
import type { DraftAuthor, EmailOptions } from '../../items/index.ts';
import { child, children, type Element, integer, MalformedValue, type ProtocolVersion } from '../../protocol/index.ts';
import { ownOptions } from '../class-options.ts';
import type { CommandContext } from '../command.ts';
import { filterDays } from '../filter-days.ts';
import { itemRenderer } from '../item-renderer.ts';
import { readEmailOptions } from '../read-email-options.ts';
import { readCommands } from './read-commands.ts';
import type { SyncCollection } from './request.ts';
import type { DraftSend } from './send-drafts.ts';
import type { Rendered } from './write-answer.ts';

export interface PreparedCollection {
  readonly asked: SyncCollection;
  readonly folder: SyncFolder;
  readonly options: CollectionOptions | undefined;
  /** Tags in Supported (MS-ASCMD 2.2.3.179); undefined: there is none. */
  readonly supported: readonly string[] | undefined;
  readonly commands: readonly ClientCommand[];
  readonly sends: readonly DraftSend[];
  /** The options cannot be honoured: what the collection is answered with. */
  readonly refused: number | undefined;
}

/** Throws MalformedValue: a protocol error of the whole request. */
export function prepareCollection(
  asked: SyncCollection,
  folder: SyncFolder,
  version: ProtocolVersion,
  author: DraftAuthor,
): PreparedCollection {
  if (asked.hasConversationMode && folder.itemClass !== 'Email') {
    throw new MalformedValue('AirSync:ConversationMode', '1', 'a collection of mail');
  }
  const own = ownOptions(asked.element, folder.itemClass);
  const rendering = own ? readEmailOptions(own, version) : null;
  const refused = typeof rendering === 'number' ? rendering : undefined;
  const options = own && refused === undefined ? readOptions(own, folder, rendering) : undefined;
  const supported = child(asked.element, 'AirSync:Supported');
  const tags = supported && children(supported).map((it) => it.tag);
  return { asked, folder, options, supported: tags, refused, ...readCommands(asked.element, folder, version, author) };
}

/** MS-ASCMD 2.2.3.34: 0 keeps the device's object, 1 the server's, which is the default. */
function readOptions(own: Element, folder: SyncFolder, rendering: unknown): CollectionOptions {
  const days = filterDays(integer(own, 'AirSync:FilterType'), folder.itemClass);
  if (days === 'invalid') throw new MalformedValue('AirSync:FilterType', '', `one that ${folder.itemClass} has`);
  const conflict = integer(own, 'AirSync:Conflict') ?? 1;
  if (conflict !== 0 && conflict !== 1) throw new MalformedValue('AirSync:Conflict', String(conflict), '0 or 1');
  return { filterDays: days, conflict: conflict === 0 ? 'client' : 'server', rendering };
}

/** By the options of this request, or those remembered, or the version's defaults. */
export async function rendererFor(
  { asked, folder, options }: PreparedCollection,
  { user, device }: CommandContext,
  version: ProtocolVersion,
): Promise<Renderer<Rendered>> {
  const remembered = options ?? (await device.rememberedOptions(asked.id));
  const rendering = remembered?.rendering ?? readEmailOptions(undefined, version);
  const renderer = itemRenderer(folder.itemClass, { ...(rendering as EmailOptions), version }, user);
  return {
    ...renderer,
    kind: version,
    render: (message, purpose, previous) =>
      renderer.render(message, user.serverIdOf(folder, message.uid), purpose, previous),
  };
}
