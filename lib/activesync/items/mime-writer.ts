/** Writes messages: a header block and a tree of text, HTML, inline pictures and attachments, by nodemailer's MimeNode. */
import { encodeWord, foldLines } from 'nodemailer/lib/mime-funcs';
import MimeNode from 'nodemailer/lib/mime-node';
import { type Mailbox } from './addresses.ts';
import type { ContentAttachment, MessageContent } from './whole-message.ts';
import { oneLine } from './xml-text.ts';

const LINE_LENGTH = 76;
const WORD_LENGTH = 52;

/** Of a part, not of a message: never carried over from another message's header. */
const CONTENT_FIELD = /^(?:mime-version|content-[a-z-]+)$/;

/**
 * `header`: whole field lines, each ending with CRLF, without Content-* fields. `seed` makes boundaries: the same seed and
 * content give the same bytes.
 */
export async function writeMessage(header: Uint8Array, content: MessageContent, seed: string): Promise<Uint8Array> {
  const top = contentNode(
    new MimeNode('multipart/mixed', { baseBoundary: seed, disableFileAccess: true, disableUrlAccess: true }),
    content,
  );
  const body = await top.build();
  return Buffer.concat([header, Buffer.from('MIME-Version: 1.0\r\n'), body]);
}

/** Only as many levels as the content needs. A node that is not the root gets no header fields but its own. */
function contentNode(root: MimeNode, content: MessageContent): MimeNode {
  const inline = content.html === undefined ? [] : content.attachments.filter((it) => it.isInline);
  const attached = content.attachments.filter((it) => !inline.includes(it));
  let parent = root;
  let top: MimeNode | undefined;
  const descend = (type: string) => {
    parent = parent.createChild(type);
    top ??= parent;
  };
  if (attached.length > 0) descend('multipart/mixed');
  const outer = parent;
  if (inline.length > 0) descend('multipart/related');
  const related = parent;
  if (content.html !== undefined && content.text !== undefined) descend('multipart/alternative');
  if (content.text !== undefined || content.html === undefined) {
    const node = parent.createChild('text/plain; charset=utf-8').setContent(lines(content.text ?? ''));
    top ??= node;
  }
  if (content.html !== undefined) {
    const node = parent.createChild('text/html; charset=utf-8').setContent(lines(content.html));
    top ??= node;
  }
  for (const it of inline) attach(related, it, 'inline');
  for (const it of attached) attach(outer, it, 'attachment');
  return top as MimeNode;
}

function attach(parent: MimeNode, it: ContentAttachment, disposition: 'inline' | 'attachment'): void {
  const isMessage = it.contentType.startsWith('message/');
  const node = parent.createChild(it.contentType, { filename: oneLine(it.name) });
  node.setHeader('Content-Disposition', disposition);
  if (it.contentId) node.setHeader('Content-Id', `<${it.contentId}>`);
  if (it.contentLocation) node.setHeader('Content-Location', it.contentLocation);
  // RFC 2046 section 5.2.1: a nested message is never encoded; anything else attached is bytes, whatever it looks like.
  node.setHeader('Content-Transfer-Encoding', isMessage ? '8bit' : 'base64');
  node.setContent(Buffer.from(it.bytes.buffer, it.bytes.byteOffset, it.bytes.byteLength));
}

const lines = (text: string): string => text.replace(/\r\n|\r|\n/g, '\r\n');

/** A field line of text, with encoded words where needed, folded. Empty for an empty value. */
export function headerLine(name: string, value: string | undefined): string {
  const text = oneLine(value ?? '');
  return text === '' ? '' : `${foldLines(`${name}: ${encoded(text)}`, LINE_LENGTH)}\r\n`;
}

/** A field line of structured text that is ASCII already. */
export function rawHeaderLine(name: string, value: string | undefined): string {
  const text = (value ?? '').replace(/[^\x20-\x7e]+/g, ' ').trim();
  return text === '' ? '' : `${foldLines(`${name}: ${text}`, LINE_LENGTH)}\r\n`;
}

export function addressLine(name: string, list: readonly Mailbox[]): string {
  const text = list.map((it) => {
    const label = /^[\x20-\x7e]*$/.test(it.name) ? `"${it.name.replace(/(["\\])/g, '\\$1')}"` : encoded(it.name);
    return it.name === '' || it.address === '' ? it.address || label : `${label} <${it.address}>`;
  });
  return text.length === 0 ? '' : `${name}: ${text.join(',\r\n ')}\r\n`;
}

const encoded = (text: string): string => (/^[\x20-\x7e]*$/.test(text) ? text : encodeWord(text, 'Q', WORD_LENGTH));

/** The fields of a header block as they are, without those named (in lower case) and without those that tell of the content. */
export function keptFields(block: Uint8Array, without: ReadonlySet<string>): Uint8Array {
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('latin1');
  let kept = '';
  let keeps = false;
  for (const line of text.split(/\r?\n/)) {
    if (line === '') break;
    if (!/^[ \t]/.test(line)) {
      const name = line
        .slice(0, Math.max(0, line.indexOf(':')))
        .trimEnd()
        .toLowerCase();
      keeps = /^[!-9;-~]+$/.test(name) && !CONTENT_FIELD.test(name) && !without.has(name);
    }
    if (keeps) kept += `${line}\r\n`;
  }
  return Buffer.from(kept, 'latin1');
}
