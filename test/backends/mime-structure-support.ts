/** Looks at the structure of a message as its parser tells it. */
import { type ParsedMessage, type Part, parseMessage } from '../../lib/backends/index.ts';

export const parse = (lines: readonly string[], lineBreak = '\r\n') => {
  const raw = Buffer.from(lines.join(lineBreak));
  const message = parseMessage(raw);
  return { raw, message, text: (path: string) => textOf(raw, message, path) };
};

export function textOf(raw: Uint8Array, message: ParsedMessage, path: string): string | undefined {
  const range = message.slice(path);
  return range && Buffer.from(raw.subarray(range.start, range.end)).toString('utf8');
}

/** `path type` of every node, depth first. */
export function outline(part: Part): string[] {
  return [`${part.path} ${part.type}`.trim(), ...part.parts.flatMap(outline)];
}

export const leaves = (part: Part): Part[] => (part.parts.length === 0 ? [part] : part.parts.flatMap(leaves));
