/**
 * Which parts of a MIME tree are the body, and which are attachments: as people expect who are used to Exchange. The body is
 * what is shown of text: one side of an alternative, the root of a related; further texts that have no name and are not
 * marked as attachments (footers of lists, text between Apple Mail's pictures) follow in their order. The rest is attached.
 */
import type { Part } from '../../backends/index.ts';

/** Deeper trees are attachments as a whole: nobody writes them by hand. */
const DEPTH_LIMIT = 40;

export interface AttachedPart {
  readonly part: Part;
  /** Shown inside the HTML body, which refers to it by id or location. */
  readonly isInline: boolean;
}

export interface BodyStructure {
  /** What to show as HTML: parts of text/html, and of text/plain to be converted; undefined if no part is HTML. */
  readonly html: readonly Part[] | undefined;
  /** What to show as text: parts of text/plain, and of text/html to be converted where there is nothing else. */
  readonly plain: readonly Part[];
  readonly attachments: readonly AttachedPart[];
  /** The invitation or answer to one: text/calendar that is not merely attached. */
  readonly calendar: Part | undefined;
}

interface Shown {
  readonly html: readonly Part[] | undefined;
  readonly plain: readonly Part[];
}

const NOTHING: Shown = { html: undefined, plain: [] };

export function bodyStructure(root: Part): BodyStructure {
  const found = new Finder();
  // A message that is nothing but a text is its own body, even if somebody gave it a file name.
  const shown = isText(root) && root.disposition !== 'attachment' ? shownText(root) : found.visit(root, 0, false);
  // Devices hide what is inline: without HTML nothing shows it.
  const attachments = shown.html ? found.attachments : found.attachments.map((it) => ({ ...it, isInline: false }));
  return { ...shown, attachments, calendar: found.calendar };
}

class Finder {
  readonly attachments: AttachedPart[] = [];
  calendar: Part | undefined;

  visit(part: Part, depth: number, inAlternative: boolean): Shown {
    if (part.type.startsWith('multipart/') && part.parts.length > 0 && depth < DEPTH_LIMIT) {
      switch (part.type) {
        case 'multipart/alternative':
          return this.#alternative(part, depth);
        case 'multipart/related':
          return this.#related(part, depth);
        case 'multipart/signed':
          return this.#signed(part, depth);
        case 'multipart/encrypted':
          for (const it of part.parts) this.#attach(it, false);
          return NOTHING;
        default:
          return joined(part.parts.map((it) => this.visit(it, depth + 1, false)));
      }
    }
    return this.#leaf(part, inAlternative);
  }

  #leaf(part: Part, inAlternative: boolean): Shown {
    if (part.type === 'text/calendar' && part.disposition !== 'attachment') {
      this.calendar ??= part;
      if (!inAlternative && isNamed(part)) this.#attach(part, false);
      return NOTHING;
    }
    if (!isShownText(part)) {
      // What an alternative offers beyond text and HTML is another view of the same, not something attached.
      if (!inAlternative || part.disposition === 'attachment' || isNamed(part)) this.#attach(part, false);
      return NOTHING;
    }
    return shownText(part);
  }

  /** The last HTML and the last plain side (RFC 2046 section 5.1.4: best last). */
  #alternative(part: Part, depth: number): Shown {
    let html: readonly Part[] | undefined;
    let plain: readonly Part[] | undefined;
    for (const it of part.parts) {
      const side = this.visit(it, depth + 1, true);
      if (side.html) html = side.html;
      else if (side.plain.length > 0) plain = side.plain;
    }
    return { html, plain: plain ?? html ?? [] };
  }

  #related(part: Part, depth: number): Shown {
    const start = bareId(part.parameters['start']);
    const root = part.parts.find((it) => start !== undefined && bareId(it.id) === start) ?? part.parts[0];
    let shown = NOTHING;
    for (const it of part.parts) {
      if (it === root) shown = this.visit(it, depth + 1, false);
      else if (it.type.startsWith('multipart/')) this.visit(it, depth + 1, false);
      else this.#attach(it, true);
    }
    return shown;
  }

  #signed(part: Part, depth: number): Shown {
    const [content, ...signatures] = part.parts;
    const shown = content ? this.visit(content, depth + 1, false) : NOTHING;
    for (const it of signatures) this.#attach(it, false);
    return shown;
  }

  #attach(part: Part, isRelated: boolean): void {
    if (part.type.startsWith('multipart/') && part.parts.length > 0) {
      for (const it of part.parts) this.#attach(it, isRelated);
      return;
    }
    const canBeReferred = part.id !== undefined || part.location !== undefined;
    const isPicture = part.type.startsWith('image/');
    const isInline =
      canBeReferred &&
      (isRelated ? part.disposition !== 'attachment' || isPicture : part.disposition === 'inline' && isPicture);
    this.attachments.push({ part, isInline });
  }
}

/** A Content-ID without its angle brackets, which programs forget here and there. */
export const bareId = (id: string | undefined): string | undefined => id?.trim().replace(/^<|>$/g, '') || undefined;

/** The name that the sender gave to a part. */
export const partName = (part: Part): string | undefined =>
  part.dispositionParameters['filename']?.trim() || part.parameters['name']?.trim() || undefined;

const isNamed = (part: Part): boolean => partName(part) !== undefined;

const isText = (part: Part): boolean => part.type === 'text/plain' || part.type === 'text/html';

const isShownText = (part: Part): boolean => isText(part) && part.disposition !== 'attachment' && !isNamed(part);

const shownText = (part: Part): Shown => ({ html: part.type === 'text/html' ? [part] : undefined, plain: [part] });

function joined(pieces: readonly Shown[]): Shown {
  const plain = pieces.flatMap((it) => it.plain);
  const hasHtml = pieces.some((it) => it.html);
  return { html: hasHtml ? pieces.flatMap((it) => it.html ?? it.plain) : undefined, plain };
}
