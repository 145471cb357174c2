/** HTML documents taken apart and put together: enough for mail, linear in the input, never throwing. */

/** What belongs between the body's tags, with the document's styles in front of it. */
export function innerHtml(html: string): string {
  const open = /<body\b[^>]{0,4096}>/i.exec(html);
  const start = open ? open.index + open[0].length : headless(html);
  const end = lastIndexOf(html, '</body', start) ?? lastIndexOf(html, '</html', start) ?? html.length;
  return stylesOf(html.slice(0, open ? open.index : start)) + html.slice(start, end);
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
