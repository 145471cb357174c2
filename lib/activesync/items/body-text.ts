/** Text ↔ HTML, as bodies need it: HTML to readable text, text to HTML that looks the same, one charset for all. */
import { compile } from 'html-to-text';

/** Conversion is linear, but slow beside everything else: more text than this nobody reads on a phone. */
const HTML_INPUT_LIMIT = 2 * 1024 * 1024;
/** Trees deeper than this are abuse; content below is left out. */
const HTML_DEPTH_LIMIT = 200;
/** The parser takes the square of how deep elements nest, at any depth: what lies behind so many tags is text without a layout. */
const HTML_TAGS_LIMIT = 10_000;

const convert = compile({
  wordwrap: false,
  limits: { maxInputLength: HTML_INPUT_LIMIT, maxDepth: HTML_DEPTH_LIMIT },
  selectors: [
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, ignoreHref: false, linkBrackets: ['<', '>'] } },
    { selector: 'img', format: 'skip' },
    { selector: 'style', format: 'skip' },
    { selector: 'script', format: 'skip' },
    { selector: 'title', format: 'skip' },
    { selector: 'table', options: { uppercaseHeaderCells: false } },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
});

/** Readable text of HTML, lines ended by CRLF. Never throws. */
export function htmlToText(html: string): string {
  const bounded = html.length > HTML_INPUT_LIMIT ? html.slice(0, HTML_INPUT_LIMIT) : html;
  const end = endOfLayout(bounded);
  try {
    const laidOut = convert(bounded.slice(0, end));
    const rest = end < bounded.length ? `\n${withoutTags(bounded.slice(end))}` : '';
    return (laidOut + rest).replace(/\r?\n/g, '\r\n');
  } catch {
    return withoutTags(bounded);
  }
}

function endOfLayout(html: string): number {
  let at = -1;
  for (let tags = 0; tags <= HTML_TAGS_LIMIT; tags++) {
    at = html.indexOf('<', at + 1);
    if (at < 0) return html.length;
  }
  return at;
}

const withoutTags = (html: string): string => html.replace(/<[^>]*>?/g, ' ').replace(/[ \t]+/g, ' ');

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (it) => ESCAPES[it] ?? it);

/** Text as a piece of HTML: line breaks and runs of spaces are kept. */
export function textToHtmlFragment(text: string): string {
  const escaped = escapeHtml(text).replaceAll('\t', '    ').replaceAll('  ', ' &nbsp;');
  const indented =
    escaped.startsWith(' ') || /[\r\n] /.test(escaped) ? escaped.replace(/(^|[\r\n]) /g, '$1&nbsp;') : escaped;
  return indented.replace(/\r\n|\r|\n/g, '<br>\r\n');
}

export const HTML_START =
  '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>\r\n';
export const HTML_END = '\r\n</body></html>';

/** Text as a whole HTML document. */
export const textToHtml = (text: string): string => `${HTML_START}<div>${textToHtmlFragment(text)}</div>${HTML_END}`;

/** Devices get UTF-8, whatever the document says of itself in its first lines. */
export function declareUtf8(html: string): string {
  const head = html.slice(0, 4_096);
  if (!/charset/i.test(head)) return html;
  const declared = head.replace(
    /(<meta\b[^>]{0,200}?\bcharset\s*=\s*["']?)([\w.:-]+)/gi,
    (whole, before: string, name: string) => (/^utf-?8$/i.test(name) ? whole : `${before}utf-8`),
  );
  return declared === head ? html : declared + html.slice(4_096);
}

/** RFC 3676: lines that end with a space go on in the next one of the same quote depth. */
export function unflow(text: string, deletesSpace: boolean): string {
  const lines = text.split(/\r?\n/);
  const out: string[] = [];
  let open: { depth: number; pieces: string[] } | undefined;
  for (const line of lines) {
    const depth = /^>*/.exec(line)?.[0].length ?? 0;
    const content = line.slice(depth).replace(/^ /, '');
    const flows = content.endsWith(' ') && content !== '-- ';
    const piece = flows && deletesSpace ? content.slice(0, -1) : content;
    if (open && open.depth === depth && content !== '-- ') open.pieces.push(piece);
    else {
      if (open) out.push(quoted(open));
      open = { depth, pieces: [piece] };
    }
    if (!flows) {
      out.push(quoted(open));
      open = undefined;
    }
  }
  if (open) out.push(quoted(open));
  return out.join('\r\n');
}

const quoted = ({ depth, pieces }: { depth: number; pieces: readonly string[] }): string =>
  `${'>'.repeat(depth)}${depth > 0 ? ' ' : ''}${pieces.join('')}`;
