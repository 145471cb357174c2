/** The little of SVG that a plan's picture is made of: boxes, words that fit, arrows with words on them. */

type BoxKind = 'site' | 'place' | 'part' | 'zone' | 'server';
export type TextKind = 'title' | 'name' | 'small';

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const SIZES: Readonly<Record<TextKind, number>> = { title: 18, name: 14, small: 12 };
/** Of its size, the mean width of a letter of a wide sans-serif font. */
const LETTER_WIDTHS: Readonly<Record<TextKind, number>> = { title: 0.66, name: 0.66, small: 0.58 };
export const LINE = 18;

const STYLE = `
  text { font-family: "DejaVu Sans", Verdana, Helvetica, Arial, sans-serif; fill: #1c2733; }
  .title { font-size: 18px; font-weight: bold; }
  .name { font-size: 14px; font-weight: bold; }
  .small { font-size: 12px; }
  rect { stroke: #5b6b7b; fill: #ffffff; }
  .place { fill: #eef4fa; }
  .zone { fill: #f8fafc; stroke-dasharray: 4 3; }
  .server { fill: #d3e6f5; }
  .site { fill: #fbf5e6; }
  line { stroke: #5b6b7b; }
  line.far { stroke: #b4541a; stroke-dasharray: 6 4; }
  rect.paper { stroke: none; }
`;

export const textWidth = (text: string, kind: TextKind): number =>
  Math.ceil(text.length * SIZES[kind] * LETTER_WIDTHS[kind]);

export class Drawing {
  readonly #parts: string[] = [];
  /** On top of lines. */
  readonly #labels: string[] = [];

  box({ x, y, width, height }: Box, kind: BoxKind): void {
    this.#parts.push(
      `<rect class="${kind}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="6"/>`,
    );
  }

  /** Shortened where it is wider than `width`. */
  text(x: number, y: number, text: string, kind: TextKind, width = Number.POSITIVE_INFINITY): void {
    this.#parts.push(words(x, y, fitted(text, kind, width), kind));
  }

  centred(box: Box, text: string, kind: TextKind): void {
    const y = box.y + box.height / 2 + SIZES[kind] / 3;
    this.#parts.push(words(box.x + box.width / 2, y, fitted(text, kind, box.width - 8), kind, 'middle'));
  }

  /** Straight down. */
  line(x: number, fromY: number, toY: number): void {
    this.#parts.push(`<line x1="${round(x)}" y1="${round(fromY)}" x2="${round(x)}" y2="${round(toY)}"/>`);
  }

  /** With what it takes in its middle, on paper of its own. */
  arrow(fromX: number, fromY: number, toX: number, toY: number, label: string, isFar = false): void {
    const far = isFar ? ' class="far"' : '';
    this.#parts.push(
      `<line${far} x1="${round(fromX)}" y1="${round(fromY)}" x2="${round(toX - 2)}" y2="${round(toY)}" marker-end="url(#tip)"/>`,
    );
    const [x, y] = [(fromX + toX) / 2, (fromY + toY) / 2];
    const width = textWidth(label, 'small') + 8;
    this.#labels.push(
      `<rect class="paper" x="${round(x - width / 2)}" y="${round(y - 9)}" width="${round(width)}" height="18"/>`,
      words(x, y + 4, label, 'small', 'middle'),
    );
  }

  /** The whole document. */
  svg(width: number, height: number, title: string): string {
    return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#5b6b7b"/></marker></defs>
<rect class="paper" width="${round(width)}" height="${round(height)}"/>
${[...this.#parts, ...this.#labels].join('\n')}
</svg>
`;
  }
}

function words(x: number, y: number, text: string, kind: TextKind, anchor?: 'middle'): string {
  const anchored = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
  return `<text class="${kind}" x="${round(x)}" y="${round(y)}"${anchored}>${escaped(text)}</text>`;
}

function fitted(text: string, kind: TextKind, width: number): string {
  if (textWidth(text, kind) <= width) return text;
  let shorter = text;
  while (shorter.length > 1 && textWidth(`${shorter}…`, kind) > width) shorter = shorter.slice(0, -1);
  return `${shorter.trimEnd()}…`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
