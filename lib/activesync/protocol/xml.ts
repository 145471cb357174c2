/** A document as XML text, for people, for validation against the schemas, and for other decoders. */
import type { Element } from './document.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };

/** One line, without declaration. Namespaces as default namespaces (`AirSync:`), opaque bytes in base64. */
export function toXml(root: Element): string {
  return write(root, '');
}

function write(it: Element, outerNamespace: string): string {
  const colon = it.tag.indexOf(':');
  const namespace = it.tag.slice(0, colon);
  const name = it.tag.slice(colon + 1);
  const open = namespace === outerNamespace ? name : `${name} xmlns="${namespace}:"`;
  if (it.content.length === 0) return `<${open}/>`;
  return `<${open}>${contentOf(it, namespace)}</${name}>`;
}

function contentOf({ content }: Element, namespace: string): string {
  if (typeof content === 'string') return content.replace(/[&<>\r]/g, (it) => ESCAPES[it] as string);
  if (content instanceof Uint8Array) return Buffer.from(content).toString('base64');
  return content.map((child) => write(child, namespace)).join('');
}
