// Validates answers against the response schemas of ../shared/eas/schemas with xmllint. The schemas come without their
// xs:import lines, so a temporary copy is made that has them. Where the schemas or xmllint are absent, tests say so:
// `describe.skipIf(schemasLeftOut)` and the reason in `schemasLeftOut`.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Element, ProtocolVersion } from '../../lib/activesync/index.ts';

const SHARED = process.env['CARAVAN_SHARED'] ?? resolve(import.meta.dirname, '../../../shared');
const SOURCE = join(SHARED, 'eas', 'schemas');

/** Why nothing can be validated here; undefined where it can. */
export const schemasLeftOut: string | undefined = reasonToLeaveOut();

function reasonToLeaveOut(): string | undefined {
  if (!existsSync(SOURCE)) return `left out: no ${SOURCE} (set CARAVAN_SHARED)`;
  return spawnSync('xmllint', ['--version']).error ? 'left out: xmllint is not installed (libxml2-utils)' : undefined;
}

/** Root element → schema of its response. */
const RESPONSES: Readonly<Record<string, string>> = {
  'AirSync:Sync': 'SyncResponse',
  'ComposeMail:SendMail': 'SendMailResponse',
  'ComposeMail:SmartForward': 'SmartForwardResponse',
  'ComposeMail:SmartReply': 'SmartReplyResponse',
  'Find:Find': 'FindResponse',
  'FolderHierarchy:FolderCreate': 'FolderCreateResponse',
  'FolderHierarchy:FolderDelete': 'FolderDeleteResponse',
  'FolderHierarchy:FolderSync': 'FolderSyncResponse',
  'FolderHierarchy:FolderUpdate': 'FolderUpdateResponse',
  'FolderHierarchy:Folders': 'GetHierarchyResponse',
  'GetItemEstimate:GetItemEstimate': 'GetItemEstimateResponse',
  'ItemOperations:ItemOperations': 'ItemOperationsResponse',
  'MeetingResponse:MeetingResponse': 'MeetingResponseResponse',
  'Move:MoveItems': 'MoveItemsResponse',
  'Ping:Ping': 'PingResponse',
  'Provision:Provision': 'ProvisionResponse',
  'ResolveRecipients:ResolveRecipients': 'ResolveRecipientsResponse',
  'Search:Search': 'SearchResponse',
  'Settings:Settings': 'SettingsResponse',
  'ValidateCert:ValidateCert': 'ValidateCertResponse',
};

/** The copy of the schemas that validates; `close` removes it. */
export class ResponseSchemas {
  readonly #directory: string;
  #count = 0;

  constructor() {
    if (schemasLeftOut !== undefined) throw new Error(schemasLeftOut);
    this.#directory = mkdtempSync(join(tmpdir(), 'caravan-schemas-'));
    writeCopies(join(this.#directory, 'now'), (_name, text) => text);
    // 12.1 has a Class in every Collection (MS-ASCMD_R6319), which the schema of the latest version has not.
    writeCopies(join(this.#directory, '12.1'), (name, text) =>
      name === 'SyncResponse.xsd'
        ? text.replace('<xs:element ref="CollectionId"/>', '<xs:element ref="Class"/><xs:element ref="CollectionId"/>')
        : text,
    );
  }

  /** What xmllint finds wrong with the document, one complaint a line; empty if it is valid. */
  complaints(document: Element, version: ProtocolVersion = '16.1'): readonly string[] {
    const response = RESPONSES[document.tag];
    if (response === undefined) return [`no schema for ${document.tag}`];
    const file = join(this.#directory, `${this.#count++}.xml`);
    writeFileSync(file, toSchemaXml(document));
    const schema = join(this.#directory, version === '12.1' ? '12.1' : 'now', `${response}.xsd`);
    const run = spawnSync('xmllint', ['--noout', '--nonet', '--schema', schema, file], { encoding: 'utf8' });
    rmSync(file);
    if (run.status === 0) return [];
    const errors = run.stderr.split('\n').filter((it) => it.includes(' error :') || it.includes('failed to compile'));
    return errors.length > 0 ? errors.map((it) => it.replace(file, '')) : [run.stderr];
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** XML with the namespaces of the schemas: `AirSync`, without the colon that documents on the wire have. */
export function toSchemaXml(root: Element): string {
  return write(root, '');
}

function write({ tag, content }: Element, outerNamespace: string): string {
  const [namespace = '', name = ''] = tag.split(':');
  const open = namespace === outerNamespace ? name : `${name} xmlns="${namespace}"`;
  return `<${open}>${contentXml(content, namespace)}</${name}>`;
}

function contentXml(content: Element['content'], namespace: string): string {
  if (typeof content === 'string') return escapeXml(content);
  if (content instanceof Uint8Array) return escapeXml(Buffer.from(content).toString('utf8'));
  return content.map((it) => write(it, namespace)).join('');
}

const escapeXml = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- what XML forbids; the WBXML writer leaves it out too
  text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '').replace(/[&<>]/g, (it) => `&#${it.charCodeAt(0)};`);

function writeCopies(directory: string, patch: (name: string, text: string) => string): void {
  mkdirSync(directory, { recursive: true });
  const names = readdirSync(SOURCE).filter((it) => it.endsWith('.xsd'));
  for (const name of names) {
    const text = readFileSync(join(SOURCE, name), 'utf8').replace(/^\uFEFF/, '');
    writeFileSync(join(directory, name), patch(name, withImports(name, text, names)));
  }
}

/** The namespaces that a schema names and does not import, and its own namespace's file where it has another one. */
function withImports(name: string, text: string, names: readonly string[]): string {
  const own = /targetNamespace\s*=\s*"([^"]*)"/.exec(text)?.[1];
  if (own === undefined) return text;
  const named = new Set([...text.matchAll(/xmlns:\w+\s*=\s*"([^"]*)"/g)].map((it) => it[1] ?? ''));
  const lines = [...named].flatMap((it) => {
    // What Provision names of Settings is in the latter's response (which includes the rest).
    const candidates = it === 'Settings' ? ['SettingsResponse.xsd'] : [`${it}.xsd`, `${it}Response.xsd`];
    const file = candidates.find((candidate) => names.includes(candidate));
    return it === own || file === undefined ? [] : [`<xs:import namespace="${it}" schemaLocation="${file}"/>`];
  });
  if (`${own}.xsd` !== name && names.includes(`${own}.xsd`)) {
    lines.unshift(`<xs:include schemaLocation="${own}.xsd"/>`);
  }
  return text.replace(/<xs:schema[^>]*>/, (open) => open + lines.join(''));
}

/** The XML of a file indented, for a failing test's message. */
export const pretty = (document: Element): string =>
  execFileSync('xmllint', ['--format', '-'], { input: toSchemaXml(document), encoding: 'utf8' });
