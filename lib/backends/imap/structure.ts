/** BODYSTRUCTURE (RFC 3501 section 7.4.2) as a tree of parts. */
import type { Part } from '../message.ts';
import { decodeHeaderText, structuredValue } from '../mime-header.ts';
import { listOf, textOf, type Value } from './wire/values.ts';

/** The tree of a whole message. */
export function structureOf(value: Value | undefined): Part {
  return partOf(listOf(value), '');
}

/** `prefix` is the number of the enclosing message or multipart: '' for the outermost. */
function partOf(body: readonly Value[], prefix: string): Part {
  if (Array.isArray(body[0])) return multipartOf(body, prefix, prefix);
  return singleOf(body, prefix === '' ? '1' : prefix);
}

function multipartOf(body: readonly Value[], path: string, prefix: string): Part {
  const count = body.findIndex((value) => !Array.isArray(value));
  const children = body.slice(0, count < 0 ? body.length : count);
  const [subtype, parameters, disposition, , location] = body.slice(children.length);
  return {
    path,
    type: `multipart/${textOf(subtype).toLowerCase() || 'mixed'}`,
    parameters: parametersOf(parameters),
    encoding: '7bit',
    sizeBytes: 0,
    ...dispositionOf(disposition),
    ...(location ? { location: textOf(location) } : {}),
    parts: children.map((child, i) => {
      const childPath = prefix === '' ? `${i + 1}` : `${prefix}.${i + 1}`;
      const list = listOf(child);
      return Array.isArray(list[0]) ? multipartOf(list, childPath, childPath) : singleOf(list, childPath);
    }),
  };
}

function singleOf(body: readonly Value[], path: string): Part {
  const [type, subtype, parameters, id, description, encoding, size] = body;
  const fullType = `${textOf(type) || 'text'}/${textOf(subtype) || 'plain'}`.toLowerCase();
  const isMessage = (fullType === 'message/rfc822' || fullType === 'message/global') && Array.isArray(body[8]);
  // Basic fields, then those of message (envelope, body, lines) or text (lines), then MD5 and what follows it.
  const extensionAt = isMessage ? 10 : fullType.startsWith('text/') ? 8 : 7;
  const [, disposition, , location] = body.slice(extensionAt);
  return {
    path,
    type: fullType,
    parameters: parametersOf(parameters),
    ...(id ? { id: textOf(id) } : {}),
    ...(description ? { description: decodeHeaderText(textOf(description)) } : {}),
    encoding: textOf(encoding).toLowerCase() || '7bit',
    sizeBytes: Number(textOf(size)) || 0,
    ...dispositionOf(disposition),
    ...(location ? { location: textOf(location) } : {}),
    parts: isMessage ? [nestedRoot(listOf(body[8]), path)] : [],
  };
}

/** The parts of a nested multipart are numbered from the message's own number; a nested single part is its `.1`. */
function nestedRoot(body: readonly Value[], messagePath: string): Part {
  return Array.isArray(body[0]) ? multipartOf(body, messagePath, messagePath) : singleOf(body, `${messagePath}.1`);
}

function dispositionOf(value: Value | undefined): Pick<Part, 'disposition' | 'dispositionParameters'> {
  const [disposition, parameters] = listOf(value);
  const name = textOf(disposition).toLowerCase();
  return { ...(name ? { disposition: name } : {}), dispositionParameters: parametersOf(parameters) };
}

function parametersOf(value: Value | undefined): Record<string, string> {
  const list = listOf(value);
  const parameters: Record<string, string> = {};
  let isExtended = false;
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = textOf(list[i]).toLowerCase();
    if (name.includes('*')) isExtended = true;
    if (!Object.hasOwn(parameters, name) && name !== '__proto__')
      parameters[name] = decodeHeaderText(textOf(list[i + 1]));
  }
  return isExtended ? joined(list) : parameters;
}

/** RFC 2231 charsets and continuations, which servers pass on as they are. */
function joined(list: readonly Value[]): Record<string, string> {
  let raw = 'x';
  for (let i = 0; i + 1 < list.length; i += 2) {
    raw += `; ${textOf(list[i])}="${textOf(list[i + 1]).replace(/["\\]/g, '\\$&')}"`;
  }
  return { ...structuredValue(raw).parameters };
}
