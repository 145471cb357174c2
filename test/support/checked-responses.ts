/**
 * Looks at every response of an end-to-end test with others' eyes: libwbxml's decoder and the protocol's response schemas.
 * Where a tool or the schemas are absent it counts what it left out, and says so.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExchangeResponse, SentRequest } from '../../lib/activesync/client/index.ts';
import { type Element, type TagName, writeWbxml } from '../../lib/activesync/index.ts';
import { ResponseSchemas, schemasLeftOut } from './schemas.ts';
import { WBXML2XML_NAMES, WBXML2XML_UNKNOWN } from './wbxml2xml-names.ts';

const decoderLeftOut = spawnSync('wbxml2xml', ['-h']).error
  ? 'left out: wbxml2xml is not installed (libwbxml2-utils)'
  : undefined;

export class CheckedResponses {
  readonly #directory = mkdtempSync(join(tmpdir(), 'caravan-responses-'));
  readonly #schemas = schemasLeftOut === undefined ? new ResponseSchemas() : undefined;
  /** By the bytes: the same answer is looked at once. */
  readonly #seen = new Map<
    string,
    { readonly request: SentRequest; readonly document: Element; readonly bytes: Uint8Array }
  >();
  #responses = 0;

  /** The client's hook. */
  readonly onExchange = (request: SentRequest, response: ExchangeResponse): void => {
    const { document, bytes, parts } = response;
    if (document === undefined) return;
    this.#responses++;
    const wbxml = parts?.[0] ?? bytes;
    this.#seen.set(`${request.version} ${Buffer.from(wbxml).toString('latin1')}`, { request, document, bytes: wbxml });
  };

  /** Throws with every complaint. Tells what was looked at, for the log of the test. */
  finish(): string {
    const complaints: string[] = [];
    let decoded = 0;
    let validated = 0;
    for (const { request, document, bytes } of this.#seen.values()) {
      const say = (what: string) => complaints.push(`${request.command} at ${request.version}: ${what}`);
      if (decoderLeftOut === undefined && request.command !== 'Find') {
        decoded++;
        for (const complaint of this.#decode(document, bytes)) say(complaint);
      }
      if (this.#schemas && request.version !== undefined) {
        validated++;
        for (const complaint of this.#schemas.complaints(document, request.version)) say(complaint);
      }
    }
    rmSync(this.#directory, { recursive: true, force: true });
    this.#schemas?.close();
    if (complaints.length > 0) throw new Error(complaints.slice(0, 20).join('\n'));
    return [
      `${this.#responses} responses, ${this.#seen.size} different`,
      decoderLeftOut ?? `${decoded} decoded by wbxml2xml`,
      schemasLeftOut ?? `${validated} valid by their schemas`,
    ].join(', ');
  }

  /** The tool must decode it, and find the very tags in the very order that ours found. */
  #decode(document: Element, bytes: Uint8Array): string[] {
    const [input, output] = [join(this.#directory, 'a.wbxml'), join(this.#directory, 'a.xml')];
    writeFileSync(input, bytes);
    const run = spawnSync('wbxml2xml', ['-l', 'ACTIVESYNC', '-m', '0', '-o', output, input], { encoding: 'utf8' });
    if (run.status !== 0) return [`wbxml2xml: ${run.stdout}${run.stderr}`];
    const theirs = [...readFileSync(output, 'utf8').matchAll(/<([A-Za-z][\w-]*)[ />]/g)].map((it) => it[1]);
    const ours = tagsOf(document).map(toolName);
    if (theirs.join() === ours.join()) return [];
    return [
      `wbxml2xml decodes ${theirs.join(' ')} where we have ${ours.join(' ')} (${writeWbxml(document).length} bytes)`,
    ];
  }
}

function tagsOf({ tag, content }: Element): TagName[] {
  if (typeof content === 'string' || content instanceof Uint8Array) return [tag];
  return [tag, ...content.flatMap(tagsOf)];
}

function toolName(tag: TagName): string {
  if (WBXML2XML_UNKNOWN.includes(tag)) return 'unknown';
  return WBXML2XML_NAMES[tag] ?? tag.slice(tag.indexOf(':') + 1);
}
