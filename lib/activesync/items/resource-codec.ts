/**
 * iCalendar and vCard ↔ the classes Calendar, Contacts, Tasks and Notes: the interface that the commands use, one codec a class
 * (`resourceCodec`). Pure: a resource is the text of one .ics or .vcf. What a device has no words for stays in the resource as it
 * stands, to the letter.
 */
import type { Account, ItemClass } from '../../backends/index.ts';
import type { Element, ProtocolVersion, TagName } from '../protocol/index.ts';
import type { AttachmentContent } from './attachments.ts';
import type { OutOfLine } from './body.ts';
import type { BodyPreference } from './email-options.ts';

export type ResourceClass = Exclude<ItemClass, 'Email'>;

/** What a resource is, by its outermost component: VEVENT, VTODO, VJOURNAL, VCARD. */
export type ResourceKind = 'event' | 'task' | 'note' | 'contact';

/** For whom an item is rendered, or who changed it. */
export interface ResourceContext {
  readonly version: ProtocolVersion;
  readonly account: Account;
  /** IANA name of the user's zone: where times without a zone and whole days are. Undefined: UTC. */
  readonly zone?: string | undefined;
}

export interface RenderContext extends ResourceContext {
  /** As `readEmailOptions` gives them; empty: plain text, whole. */
  readonly bodies: readonly BodyPreference[];
  /** For the FileReferences of attachments. */
  readonly serverId: string;
  /** Makes bodies parts of a multipart response. */
  readonly outOfLine?: OutOfLine | undefined;
}

export interface ChangeContext extends ResourceContext {
  readonly now: Date;
  /**
   * The tags in the Supported of the collection's first Sync: of those, what a Change leaves out is deleted. Everything else is
   * ghosted: left out, it stays (MS-ASCMD 2.2.3.179). Undefined: there was no Supported. From 16.0 on all of a Calendar is ghosted.
   */
  readonly supported?: ReadonlySet<TagName> | undefined;
  /** UID of a new resource, if the device has none: the same for a repetition of the same Add. */
  readonly uid: string;
  /** 16.x: the occurrence that is changed, from AirSyncBase:InstanceId beside ServerId. */
  readonly instanceId?: Date | undefined;
}

/** One resource made two. */
export interface Split {
  /** What the resource says then, which is not what the device sent. */
  readonly rest: string;
  /** A new resource, whose UID is that of the context; undefined: it was made before. */
  readonly done: string | undefined;
}

/** What lists, filters and searches need of a resource. */
export interface ResourceSummary {
  readonly kind: ResourceKind;
  /** '' if it has none. */
  readonly uid: string;
  /** Milliseconds since 1970 from the first start to the last end, Infinity for what never ends; undefined: it is on no day. */
  readonly span: { readonly startMs: number; readonly endMs: number } | undefined;
  /** Tasks: completed or cancelled. */
  readonly isDone: boolean;
  /** Subject, text, place and people, one a line, for searching. */
  readonly words: string;
}

export interface ResourceCodec {
  readonly itemClass: ResourceClass;
  readonly kind: ResourceKind;
  /** Is it something else than an item, which no device has words for? It stays where it is. */
  readonly isHidden?: (source: string) => boolean;
  /** Throws ItemError. */
  summary(source: string): ResourceSummary;
  /** The children of ApplicationData, in schema order. Throws ItemError. */
  render(source: string, context: RenderContext): readonly Element[];
  /**
   * The resource after an Add (`source` undefined) or a Change; `data` is ApplicationData. Throws MalformedValue for what is
   * answered with Status 6, and ItemError for a source that cannot be read. The same text for the same arguments.
   */
  change(source: string | undefined, data: Element, context: ChangeContext): string;
  /**
   * Of a Change that completes one occurrence of a series: what the series is then, and what was done. Asked before `change`; undefined:
   * it is a Change of the one resource alone.
   */
  readonly split?: (source: string, data: Element, context: ChangeContext) => Split | undefined;
  /** 16.x: without one occurrence, from the InstanceId of a Delete. Undefined: the class has no occurrences. */
  readonly deleteOccurrence?: (source: string, instanceId: Date, context: ChangeContext) => string;
  /** `path` is of the parsed FileReference. Undefined: there is no such attachment. */
  attachment(source: string, path: string): AttachmentContent | undefined;
}
