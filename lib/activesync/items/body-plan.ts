/** Which bytes of a message a device's bodies need: as few as suffice for its truncation sizes. */
import type { Part, PartRequest } from '../../backends/index.ts';
import { bodyChoices } from './body-choice.ts';
import type { BodyStructure } from './body-structure.ts';
import { BODY_TYPES, type BodyPreference, type EmailOptions } from './email-options.ts';
import type { Protection } from './security.ts';

/** A body text beyond this is cut even where the device wants all: it would be held in memory several times over. */
export const TEXT_LIMIT_BYTES = 8 * 1024 * 1024;
/** The same for a whole message as MIME. */
export const MIME_LIMIT_BYTES = 48 * 1024 * 1024;
/** HTML shrinks when it becomes text: heads full of styles come before the first word. */
const HTML_TO_TEXT_FACTOR = 8;
const HTML_HEAD_BYTES = 32 * 1024;
/** A character of a preview in bytes, with white space that will be folded. */
const PREVIEW_CHARACTER_BYTES = 6;
const PREVIEW_SLACK_BYTES = 512;
const ENCODING_SLACK_BYTES = 128;

/** What the choices and previews need, one request a part. */
export function planBodies(
  body: BodyStructure,
  options: EmailOptions,
  protection: Protection,
  message: { readonly sizeBytes: number },
): Map<string, PartRequest> {
  const requests = new Map<string, PartRequest>();
  const ask = (path: string, sizeBytes: number, limitBytes: number) => {
    if (limitBytes <= 0) return;
    const known = requests.get(path);
    const limit = Math.max(limitBytes, known?.limitBytes ?? 0);
    if (known && known.limitBytes === undefined) return;
    requests.set(path, limit >= sizeBytes ? { path } : { path, limitBytes: limit });
  };
  const askText = (parts: readonly Part[], asHtml: boolean, limitBytes: number | undefined) => {
    for (const part of parts) ask(part.path, part.sizeBytes, encodedLimit(part, asHtml, limitBytes));
  };
  const askFor = (choice: BodyPreference) => {
    if (choice.type === BODY_TYPES.mime) {
      // A size that the server misreports must not turn a bounded request into an unbounded one.
      ask(
        '',
        Math.min(message.sizeBytes, MIME_LIMIT_BYTES),
        Math.min(choice.truncationSize ?? MIME_LIMIT_BYTES, MIME_LIMIT_BYTES),
      );
    } else if (choice.type === BODY_TYPES.html) askText(body.html ?? body.plain, true, choice.truncationSize);
    else askText(body.plain, false, choice.truncationSize);
    if (choice.preview) {
      askText(body.plain, false, choice.preview * PREVIEW_CHARACTER_BYTES + PREVIEW_SLACK_BYTES);
    }
  };
  const askAll = (choices: readonly BodyPreference[]) => {
    for (const choice of choices) {
      askFor(choice);
      if (!choice.allOrNone || choice.truncationSize === undefined) break;
    }
  };
  if (options.bodies.length > 0 || options.bodyParts.length === 0) {
    askAll(bodyChoices(options.bodies, options, body, protection));
  }
  if (options.bodyParts.length > 0) askAll(bodyChoices(options.bodyParts, options, body, protection));
  return requests;
}

/** Transfer-encoded bytes that give `limitBytes` of what the part becomes, for all texts but contrived ones. */
function encodedLimit(part: Part, asHtml: boolean, limitBytes: number | undefined): number {
  if (limitBytes === undefined) return TEXT_LIMIT_BYTES;
  if (limitBytes === 0) return 0;
  const shrinks = part.type === 'text/html' && !asHtml;
  const wanted = shrinks ? limitBytes * HTML_TO_TEXT_FACTOR + HTML_HEAD_BYTES : limitBytes;
  return Math.min(
    TEXT_LIMIT_BYTES,
    Math.ceil(wanted * charsetFactor(part) * encodingFactor(part.encoding)) + ENCODING_SLACK_BYTES,
  );
}

/** Bytes in the part's charset for one of UTF-8, at the most. */
function charsetFactor(part: Part): number {
  const charset = part.parameters['charset']?.toLowerCase() ?? '';
  if (charset.startsWith('utf-16')) return 2;
  if (charset.startsWith('utf-32')) return 4;
  return charset.startsWith('iso-2022') ? 1.5 : 1;
}

function encodingFactor(encoding: string): number {
  if (encoding === 'base64') return 1.4;
  return encoding === 'quoted-printable' ? 3 : 1;
}
