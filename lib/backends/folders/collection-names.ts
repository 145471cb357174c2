/**
 * Collections and resources by name. A collection lies in `<root>/<user>/<class>/<name>/` and its id is `<class>/<name>`, the name
 * escaped as that of a mail folder is; a resource is a file in it.
 */
import type { Folder, FolderKind } from '../backend.ts';
import { BackendError } from '../errors.ts';
import type { ResourceClass } from '../resources.ts';
import { folderNotFound } from './errors.ts';
import { folderIdOf, folderNameOf } from './folder-names.ts';

interface Layout {
  readonly itemClass: ResourceClass;
  readonly directory: string;
  /** Every user has it. */
  readonly standard: string;
  readonly kind: FolderKind;
  readonly extension: string;
}

export const LAYOUTS: readonly Layout[] = [
  { itemClass: 'Calendar', directory: 'calendars', standard: 'Calendar', kind: 'calendar', extension: '.ics' },
  { itemClass: 'Contacts', directory: 'contacts', standard: 'Contacts', kind: 'contacts', extension: '.vcf' },
  { itemClass: 'Tasks', directory: 'tasks', standard: 'Tasks', kind: 'tasks', extension: '.ics' },
  { itemClass: 'Notes', directory: 'notes', standard: 'Notes', kind: 'notes', extension: '.ics' },
];

const NAME_LIMIT_BYTES = 200;
// oxlint-disable-next-line no-control-regex -- exactly those are refused
const UNUSABLE = /^[.~]|[/\\\u0000-\u001f\u007f]/;

export interface CollectionPlace extends Layout {
  readonly id: string;
  /** The directory's own name. */
  readonly name: string;
}

/** BackendError('forbidden') for names that no collection can have. */
export function collectionIdOf(itemClass: ResourceClass, name: string): string {
  const layout = LAYOUTS.find((each) => each.itemClass === itemClass) as Layout;
  const escaped = folderIdOf(name, undefined);
  if (escaped.startsWith('~')) {
    throw new BackendError('forbidden', `a collection cannot be called ${JSON.stringify(name.slice(0, 100))}`, {
      why: 'it begins with ~',
      remedy: 'Choose another name.',
    });
  }
  return `${layout.directory}/${escaped}`;
}

export function isCollectionId(id: string): boolean {
  const slash = id.indexOf('/');
  return LAYOUTS.some(({ directory }) => directory === id.slice(0, slash));
}

/** Where the collection is; BackendError('not-found') for what cannot be an id. */
export function placeOf(id: string): CollectionPlace {
  const slash = id.indexOf('/');
  const layout = LAYOUTS.find(({ directory }) => directory === id.slice(0, slash));
  const name = id.slice(slash + 1);
  if (!layout || !isCollectionEntry(name)) throw folderNotFound(id);
  return { ...layout, id, name };
}

/** A name that a collection's directory can have. */
export function isCollectionEntry(name: string): boolean {
  return name !== '' && !UNUSABLE.test(name) && Buffer.byteLength(name) <= 254;
}

export function collectionOf(place: CollectionPlace): Folder {
  return {
    id: place.id,
    parentId: undefined,
    name: folderNameOf(place.name),
    kind: place.name === place.standard ? place.kind : 'user',
    itemClass: place.itemClass,
    selectable: true,
  };
}

/** A file that is a resource of such a collection. */
export function isResourceName(name: string, { extension }: CollectionPlace): boolean {
  return !UNUSABLE.test(name) && name.endsWith(extension) && Buffer.byteLength(name) <= NAME_LIMIT_BYTES;
}
