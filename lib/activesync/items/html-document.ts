/** HTML documents taken apart and put together: enough for mail, linear in the input, never throwing. */

const TAG_LIMIT = 4_096;

/** What belongs between the body's tags, with the document's styles in front of it. */
export function innerHtml(html: string): string {
  const open = bodyTag(html);
  const start = open ? open.end : headless(html);
  const end = lastIndexOf(html, '</body', start) ?? lastIndexOf(html, '</html', start) ?? html.length;
  return stylesOf(html.slice(0, open ? open.start : start)) + html.slice(start, end);
}

/** The first tag that is one: of two without an end the second is not looked for beyond the first's. */
function bodyTag(html: string): { readonly start: number; readonly end: number } | undefined {
  let close = -1;
  for (const { index } of html.matchAll(/<body\b/gi)) {
    if (close < index) close = html.indexOf('>', index);
    if (close < 0) return undefined;
    if (close - index <= TAG_LIMIT) return { start: index, end: close + 1 };
  }
  return undefined;
}

/** `addition` as the last thing in the document's body. */
export function appendHtml(html: string, addition: string): string {
  const end = lastIndexOf(html, '</body', 0) ?? lastIndexOf(html, '</html', 0) ?? html.length;
  return html.slice(0, end) + addition + html.slice(end);
}

/** Where the content starts in a document that has no body tag: behind its head, if it has one. */
function headless(html: string): number {
  const head = /<\/head\s*>/i.exec(html) ?? /<html\b[^>]{0,4096}>/i.exec(html.slice(0, 8_192));
  return head ? head.index + head[0].length : 0;
}

function stylesOf(head: string): string {
  let styles = '';
  let from = 0;
  const lower = head.toLowerCase();
  for (;;) {
    const start = lower.indexOf('<style', from);
    const end = start < 0 ? -1 : lower.indexOf('</style>', start);
    if (end < 0) return styles;
    from = end + '</style>'.length;
    styles += head.slice(start, from);
  }
}

/** Of an ASCII tag, whichever its case; within the last part of the document, where it belongs. */
function lastIndexOf(html: string, tag: string, from: number): number | undefined {
  const tail = Math.max(from, html.length - 64 * 1024);
  const at = html.slice(tail).toLowerCase().lastIndexOf(tag);
  // Lower case may change a text's length in a few scripts: then the tag is not where it seems.
  return at >= 0 && html.slice(tail + at, tail + at + tag.length).toLowerCase() === tag ? tail + at : undefined;
}
