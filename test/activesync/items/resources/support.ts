// Resources as a phone sees and changes them: codecs with a user, a zone and a clock of their own.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ChangeContext,
  type RenderContext,
  type ResourceClass,
  resourceCodec,
  resourceKind,
} from '../../../../lib/activesync/items/index.ts';
import {
  child,
  children,
  type Element,
  element,
  type ElementPart,
  type ProtocolVersion,
  type TagName,
  text,
} from '../../../../lib/activesync/protocol/index.ts';

const CORPUS = join(import.meta.dirname, '..', 'corpus');

export interface CorpusFile {
  readonly name: string;
  readonly itemClass: ResourceClass;
  readonly source: string;
}

const CLASSES = { event: 'Calendar', task: 'Tasks', note: 'Notes', contact: 'Contacts' } as const;

export const CORPUS_FILES: readonly CorpusFile[] = ['ics', 'vcf'].flatMap((folder) =>
  readdirSync(join(CORPUS, folder))
    .toSorted()
    .map((name) => {
      const source = readFileSync(join(CORPUS, folder, name), 'utf8');
      return { name, source, itemClass: CLASSES[resourceKind(source) ?? 'event'] };
    }),
);

export const corpusFile = (name: string): string => {
  const found = CORPUS_FILES.find((it) => it.name === name);
  if (!found) throw new Error(`no ${name} in the corpus`);
  return found.source;
};

export const ACCOUNT = { user: 'ann', addresses: ['ann@example.org'], displayName: 'Ann Example' };
export const NOW = new Date('2026-02-10T10:10:10.000Z');

export type Rendering = Partial<RenderContext>;
export type Changing = Partial<ChangeContext>;

export const renderContext = (rendering: Rendering = {}): RenderContext => ({
  version: '14.1',
  account: ACCOUNT,
  zone: 'Europe/Berlin',
  bodies: [],
  serverId: '7:abc',
  ...rendering,
});

export const changeContext = (changing: Changing = {}): ChangeContext => ({
  version: '14.1',
  account: ACCOUNT,
  zone: 'Europe/Berlin',
  now: NOW,
  uid: 'made-by-server',
  ...changing,
});

export const applicationData = (...parts: readonly ElementPart[]): Element =>
  element('AirSync:ApplicationData', ...parts);

/** As ApplicationData. */
export const rendered = (itemClass: ResourceClass, source: string, rendering: Rendering = {}): Element =>
  applicationData(resourceCodec(itemClass).render(source, renderContext(rendering)));

export const added = (itemClass: ResourceClass, parts: readonly Element[], changing: Changing = {}): string =>
  resourceCodec(itemClass).change(undefined, applicationData(parts), changeContext(changing));

export const changed = (
  itemClass: ResourceClass,
  source: string,
  parts: readonly Element[],
  changing: Changing = {},
): string => resourceCodec(itemClass).change(source, applicationData(parts), changeContext(changing));

/** Written with bare line feeds; `inner` are lines of the item, and what else is in it. */
export const ics = (component: string, inner: string, around = ''): string =>
  `BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Test//EN\n${around}BEGIN:${component}\nUID:1@example.org\nDTSTAMP:20260101T000000Z\n${inner.trim()}\nEND:${component}\nEND:VCALENDAR\n`.replace(
    /\n/g,
    '\r\n',
  );

export const vcf = (inner: string, version = '3.0'): string =>
  `BEGIN:VCARD\nVERSION:${version}\nUID:1\n${inner.trim()}\nEND:VCARD\n`.replace(/\n/g, '\r\n');

/** `text` of the child there; undefined without one. */
export const at = (data: Element, ...path: readonly TagName[]): string | undefined => {
  const last = path.at(-1) as TagName;
  return text(
    path.slice(0, -1).reduce<Element | undefined>((it, tag) => child(it, tag), data),
    last,
  );
};

/** Children of an element as a record, by their names without the page. */
export const record = (it: Element | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(children(it).map((inner) => [inner.tag.split(':')[1] ?? '', text(it, inner.tag) ?? '']));

/** Unfolded content lines, without the stamps that say when something was changed. */
export const contentLines = (source: string): readonly string[] =>
  source
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)
    .filter((it) => it !== '' && !/^(?:DTSTAMP|LAST-MODIFIED|REV)[;:]/.test(it));

/** Lines that are only in one of them, in the order of the files. */
export function difference(
  before: string,
  after: string,
): { readonly gone: readonly string[]; readonly come: readonly string[] } {
  const left = [...contentLines(before)];
  const come: string[] = [];
  for (const line of contentLines(after)) {
    const index = left.indexOf(line);
    if (index >= 0) left.splice(index, 1);
    else come.push(line);
  }
  return { gone: left, come };
}

export const VERSIONS: readonly ProtocolVersion[] = ['16.1', '16.0', '14.1', '14.0', '12.1'];
