// Documents as short XML, so that tests read as transcripts: `<Ping><Status>1</Status></Ping>`. The root's namespace is
// the default one; other namespaces are written as prefixes in lower case, `<airsyncbase:Type>`.
import { CODE_PAGES, type Element, type TagName } from '../../lib/activesync/index.ts';

const NAMESPACES = new Map(CODE_PAGES.map((it) => [it.namespace.toLowerCase(), it.namespace as string]));

/** Of roots whose namespace is not their own name. */
const ROOTS: Readonly<Record<string, string>> = {
  Sync: 'AirSync',
  FolderSync: 'FolderHierarchy',
  FolderCreate: 'FolderHierarchy',
  FolderUpdate: 'FolderHierarchy',
  FolderDelete: 'FolderHierarchy',
  MoveItems: 'Move',
  SendMail: 'ComposeMail',
  SmartReply: 'ComposeMail',
  SmartForward: 'ComposeMail',
};

/** Line breaks and indentation between tags are left out. */
export function parse(xml: string): Element {
  const tokens = [...xml.matchAll(/<(\/?)([\w:]+)(\/?)>|([^<]+)/g)];
  let at = 0;
  let defaultNamespace = '';
  const read = (): Element => {
    const [, slash, name = '', empty] = tokens[at++] ?? [];
    if (slash !== '' || name === '') throw new Error(`no opening tag at token ${at - 1} of ${xml}`);
    if (defaultNamespace === '') defaultNamespace = ROOTS[name] ?? name;
    const tag = tagOf(name, defaultNamespace);
    if (empty === '/') return { tag, content: [] };
    const children: Element[] = [];
    let text = '';
    for (let token = tokens[at]; token !== undefined; token = tokens[at]) {
      if (token[1] === '/') {
        at++;
        if (token[2] !== name) throw new Error(`<${name}> is closed by </${token[2]}>`);
        return { tag, content: children.length > 0 || text === '' ? children : text };
      }
      if (token[4] === undefined) children.push(read());
      else {
        at++;
        text += children.length === 0 && token[4].trim() !== '' ? unescape(token[4].trim()) : '';
      }
    }
    throw new Error(`<${name}> is not closed`);
  };
  while (tokens[at]?.[4]?.trim() === '') at++;
  return read();
}

/** One line, in the form that `parse` takes. */
export function print(root: Element): string {
  const [namespace = ''] = root.tag.split(':');
  const write = ({ tag, content }: Element): string => {
    const [own = '', name = ''] = tag.split(':');
    const written = own === namespace ? name : `${own.toLowerCase()}:${name}`;
    if (content.length === 0) return `<${written}/>`;
    const inside =
      typeof content === 'string'
        ? content.replace(/[&<>]/g, (it) => `&#${it.charCodeAt(0)};`)
        : content instanceof Uint8Array
          ? Buffer.from(content).toString('base64')
          : content.map(write).join('');
    return `<${written}>${inside}</${written}>`;
  };
  return write(root);
}

function tagOf(name: string, defaultNamespace: string): TagName {
  const [first = '', second] = name.split(':');
  if (second === undefined) return `${defaultNamespace}:${first}` as TagName;
  const namespace = NAMESPACES.get(first.toLowerCase());
  if (namespace === undefined) throw new Error(`no namespace ${first}`);
  return `${namespace}:${second}` as TagName;
}

const unescape = (text: string): string =>
  text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));

/** Every element below `root` (itself included) with this tag, with its parent's tag. */
export function findAll(
  root: Element,
  tag: TagName,
): readonly { readonly element: Element; readonly parent: string }[] {
  const found: { element: Element; parent: string }[] = [];
  const visit = (it: Element, parent: string): void => {
    if (it.tag === tag) found.push({ element: it, parent });
    if (typeof it.content === 'string' || it.content instanceof Uint8Array) return;
    for (const below of it.content) visit(below, it.tag);
  };
  visit(root, '');
  return found;
}
