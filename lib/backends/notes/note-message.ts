/**
 * A note as a message, in the way of Apple's programs: HTML under the type `com.apple.mail-note`, which keeps its identity in
 * X-Universally-Unique-Identifier, since every change is a new message. Rooms above see it as a VJOURNAL.
 */
import ICAL from 'ical.js';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import PostalMime, { type Email } from 'postal-mime';
import { reasonOf } from '../../platform/index.ts';
import { BackendError } from '../errors.ts';
import { fitsInHtml, htmlOfText, readable, textOfHtml } from './note-text.ts';

export const UUID_HEADER = 'x-universally-unique-identifier';
/** Of a message that took the place of another which may still be there: `<validity>-<uid>` of that one. */
export const REPLACES_HEADER = 'x-caravan-replaces';
const TYPE_HEADER = 'x-uniform-type-identifier';
const NOTE_TYPE = 'com.apple.mail-note';
const CREATED_HEADER = 'x-mail-created-date';
const CLASS_HEADER = 'x-caravan-message-class';
const CLASS_PROPERTY = 'X-CARAVAN-MESSAGE-CLASS';
/** Written anew; other X- fields of a note stay with it. */
const OWN_HEADERS = new Set([UUID_HEADER, REPLACES_HEADER, TYPE_HEADER, CREATED_HEADER, CLASS_HEADER]);

/** What a person sees of a note. */
interface Note {
  readonly subject: string;
  readonly text: string;
  /** Undefined: the note is plain. */
  readonly html: string | undefined;
  readonly categories: readonly string[];
  readonly messageClass: string | undefined;
}

/** The message as a VJOURNAL with this UID. */
export async function journalOf(uid: string, raw: Uint8Array): Promise<string> {
  const email = await PostalMime.parse(raw);
  const note = noteIn(email);
  const modified = dateOf(email.date);
  const created = dateOf(header(email, CREATED_HEADER));
  const lines = [
    `UID:${escaped(uid)}`,
    `DTSTAMP:${stamp(modified ?? created ?? new Date(0))}`,
    modified && `LAST-MODIFIED:${stamp(modified)}`,
    created && `CREATED:${stamp(created)}`,
    note.subject && `SUMMARY:${escaped(note.subject)}`,
    note.text && `DESCRIPTION:${escaped(note.text)}`,
    note.html !== undefined && `X-ALT-DESC;FMTTYPE=text/html:${escaped(note.html)}`,
    note.categories.length > 0 && `CATEGORIES:${note.categories.map(escaped).join(',')}`,
    note.messageClass !== undefined && `${CLASS_PROPERTY}:${escaped(note.messageClass)}`,
  ].filter((it) => typeof it === 'string' && it !== '');
  const all = ['VERSION:2.0', 'PRODID:-//Caravan//EN', 'BEGIN:VJOURNAL', ...lines, 'END:VJOURNAL'];
  return ['BEGIN:VCALENDAR', ...all, 'END:VCALENDAR', ''].join('\r\n');
}

export interface NoteToWrite {
  readonly uuid: string;
  /** A VJOURNAL. */
  readonly journal: string;
  /** The message that it takes the place of. */
  readonly before: { readonly raw: Uint8Array; readonly id: string } | undefined;
  readonly from: string;
  readonly messageId: string;
  readonly now: Date;
}

/** What the journal does not change of the message before stays: its HTML, attachments and fields. Throws BackendError('rejected'). */
export async function messageOf(write: NoteToWrite): Promise<Uint8Array> {
  const note = noteInJournal(write.journal);
  const old = write.before && (await PostalMime.parse(write.before.raw));
  const shown = old && noteIn(old);
  const isSameBody = shown !== undefined && shown.text === note.text && shown.html === note.html;
  const own = fitsInHtml(note.text) ? htmlOfText(note.text) : undefined;
  const html = isSameBody ? old?.html : note.html === undefined ? own : readable(note.html);
  const kept = (old?.headers ?? []).filter(({ key }) => key.startsWith('x-') && !OWN_HEADERS.has(key));
  const composer = new MailComposer({
    from: write.from,
    subject: note.subject,
    date: write.now,
    messageId: write.messageId,
    ...(html === undefined ? { text: (isSameBody ? old?.text : undefined) ?? note.text } : { html }),
    ...(note.categories.length > 0 && { headers: { Keywords: note.categories.map(keyword).join(', ') } }),
    attachments: (old?.attachments ?? []).map((it) => ({
      filename: it.filename ?? false,
      contentType: it.mimeType,
      content: Buffer.from(it.content as ArrayBuffer),
      ...(it.contentId && { cid: it.contentId.replace(/^<|>$/g, '') }),
    })),
  });
  const message = composer.compile();
  const add = (name: string, value: string | undefined) => value && message.addHeader(name, value);
  add('X-Uniform-Type-Identifier', NOTE_TYPE);
  add('X-Universally-Unique-Identifier', write.uuid);
  add('X-Mail-Created-Date', (old && (header(old, CREATED_HEADER) ?? old.date)) ?? write.now.toUTCString());
  add('X-Caravan-Replaces', write.before?.id);
  add('X-Caravan-Message-Class', note.messageClass);
  for (const { key, value } of kept) add(key, value);
  return message.build();
}

/** Does the message say all that the journal does? */
export async function saysTheSame(raw: Uint8Array, journal: string): Promise<boolean> {
  const [kept, wanted] = [noteIn(await PostalMime.parse(raw)), noteInJournal(journal)];
  return (
    JSON.stringify({ ...kept, html: undefined }) === JSON.stringify({ ...wanted, html: undefined }) &&
    (wanted.html === undefined || kept.html?.trim() === wanted.html.trim())
  );
}

function noteIn(email: Email): Note {
  const html = email.html;
  const text = html === undefined ? (email.text ?? '') : textOfHtml(html);
  return {
    subject: oneLine(email.subject ?? ''),
    text: text.replace(/\r\n/g, '\n').replace(/\n+$/, ''),
    html,
    categories: (header(email, 'keywords') ?? '').split(',').map(keywordText).filter(Boolean),
    messageClass: header(email, CLASS_HEADER),
  };
}

function noteInJournal(source: string): Note {
  try {
    const journal = new ICAL.Component(ICAL.parse(source)).getFirstSubcomponent('vjournal');
    if (!journal) throw new Error('there is no VJOURNAL in it');
    const text = (name: string) => {
      const value = journal.getFirstPropertyValue(name);
      return typeof value === 'string' ? value : undefined;
    };
    return {
      subject: oneLine(text('summary') ?? ''),
      text: (text('description') ?? '').replace(/\r\n/g, '\n').replace(/\n+$/, ''),
      html: altText(journal, 'x-alt-desc'),
      categories: journal
        .getAllProperties('categories')
        .flatMap((it) => it.getValues().map((value) => oneLine(String(value)))),
      messageClass: altText(journal, CLASS_PROPERTY.toLowerCase()),
    };
  } catch (cause) {
    throw new BackendError('rejected', 'the note cannot be stored', { why: reasonOf(cause), cause });
  }
}

/** ical.js leaves values of properties that it does not know as they are written. */
function altText(journal: ICAL.Component, name: string): string | undefined {
  const value = journal.getFirstPropertyValue(name);
  if (typeof value !== 'string' || value === '') return undefined;
  return value.replace(/\\(.)/gs, (_whole, it: string) => (it === 'n' || it === 'N' ? '\n' : it));
}

const header = (email: Email, name: string): string | undefined =>
  email.headers.find(({ key }) => key === name)?.value.trim() || undefined;

const escaped = (text: string): string => text.replace(/[\\;,]/g, '\\$&').replace(/\r\n|\r|\n/g, '\\n');
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
const stamp = (date: Date): string => date.toISOString().replace(/[-:]|\.\d{3}/g, '');

function dateOf(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** A word of the Keywords field (RFC 5322 3.6.5), where a comma parts them. */
const keyword = (name: string): string => encodeURIComponent(name).replaceAll('%20', ' ');
function keywordText(written: string): string {
  try {
    return decodeURIComponent(written.trim());
  } catch {
    return written.trim();
  }
}
