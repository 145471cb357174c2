/** Ours against libwbxml's tools, which must be installed: `wbxml2xml -l ACTIVESYNC` and `xml2wbxml -a -n -v 1.3`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CODE_PAGES,
  type Element,
  element,
  readWbxml,
  type TagName,
  toXml,
  WbxmlError,
  writeWbxml,
} from '../../../lib/activesync/protocol/index.ts';
import { WBXML2XML_NAMES, WBXML2XML_UNKNOWN } from '../../support/wbxml2xml-names.ts';
import { documents, opaques, tagsOf } from './generators.ts';

const RUNS = 60;
const DOCTYPE =
  '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE ActiveSync PUBLIC "-//MICROSOFT//DTD ActiveSync//EN" "http://www.microsoft.com/">';
/** The tool does not know it. */
const FIND_PAGE = 25;
/** What it takes for bytes, opaque or not: base64 in its XML, opaque in its WBXML. */
const BINARY: readonly TagName[] = [
  'AirSyncBase:Content',
  'ComposeMail:Mime',
  'Email2:ConversationId',
  'Email2:ConversationIndex',
  'GAL:Data',
  'ItemOperations:ConversationId',
  'ResolveRecipients:Data',
  'Search:ConversationId',
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'caravan-wbxml-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, options: readonly string[]): void {
  const { status, error, stdout, stderr } = spawnSync(command, options, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${options.join(' ')}: ${stdout}${stderr}`);
}

function decodedByTool(bytes: Uint8Array): string {
  const [input, output] = [join(folder, 'a.wbxml'), join(folder, 'a.xml')];
  writeFileSync(input, bytes);
  run('wbxml2xml', ['-l', 'ACTIVESYNC', '-m', '0', '-o', output, input]);
  return readFileSync(output, 'utf8');
}

function encodedByTool(xml: string, options: readonly string[] = ['-a', '-n', '-v', '1.3']): Uint8Array {
  const [input, output] = [join(folder, 'b.xml'), join(folder, 'b.wbxml')];
  writeFileSync(input, xml);
  run('xml2wbxml', [...options, '-o', output, input]);
  return readFileSync(output);
}

// oxlint-disable-next-line no-control-regex -- control characters are what it is for
const NOT_IN_XML = /[\0-\x1f\x7f-\x9f\ufffe\uffff]/g;

/** Text that survives XML as it is: without the blanks at its ends, which the tool takes for layout. */
const xmlTexts = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .map((text) => text.replace(NOT_IN_XML, '').toWellFormed().trim())
  .filter((text) => text !== '' && !/\s{2}/.test(text));

describe('documents of pages 0 to 24', () => {
  const generated = documents({
    tags: tagsOf((page) => page !== FIND_PAGE).filter(
      (tag) => !WBXML2XML_UNKNOWN.includes(tag) && !BINARY.includes(tag),
    ),
    texts: xmlTexts,
    withOpaque: false,
    depth: 3,
  });

  it('that we write, the tool reads; what it writes of them, we read as the same', () => {
    fc.assert(
      fc.property(generated, (document) => {
        expect(readWbxml(encodedByTool(decodedByTool(writeWbxml(document))))).toEqual(document);
      }),
      { numRuns: RUNS },
    );
  });

  it.each(BINARY)('opaque bytes in %s, both ways', (tag) => {
    fc.assert(
      fc.property(opaques, (bytes) => {
        const document = element('AirSync:Sync', element(tag, bytes));
        const xml = decodedByTool(writeWbxml(document));
        expect(xml).toContain(Buffer.from(bytes).toString('base64'));
        expect(readWbxml(encodedByTool(xml))).toEqual(document);
      }),
      { numRuns: 5 },
    );
  });
});

describe('every tag has the name that the tool has, but for those that it spells its own way', () => {
  const nameInTool = (tag: TagName) =>
    WBXML2XML_UNKNOWN.includes(tag) ? 'unknown' : (WBXML2XML_NAMES[tag] ?? tag.slice(tag.indexOf(':') + 1));

  for (const { page, namespace, tags } of CODE_PAGES) {
    if (page === FIND_PAGE) continue;
    it(`on page ${page}, ${namespace}`, () => {
      const all = Object.values(tags).map((name) => `${namespace}:${name}` as TagName);
      const document: Element = { tag: all[0] as TagName, content: all.map((tag) => ({ tag, content: [] })) };
      const xml = decodedByTool(writeWbxml(document));
      const names = [...xml.matchAll(/<([A-Za-z0-9_-]+)(?: xmlns="[^"]*")?\/>/g)].map(([, name]) => name);
      expect(names).toEqual(all.map(nameInTool));
    });
  }
});

it('XML that we write, the tool encodes as we do', () => {
  const document = element(
    'AirSync:Sync',
    element('AirSync:Status', 1),
    element(
      'AirSync:Collections',
      element(
        'AirSync:Collection',
        element('AirSync:SyncKey', 'k<1>&'),
        element('AirSync:MoreAvailable'),
        element(
          'AirSync:Commands',
          element('AirSync:Add', element('Email:Subject', 'Grüße'), element('AirSyncBase:Body')),
        ),
      ),
    ),
  );
  const bytes = encodedByTool(`${DOCTYPE}${toXml(document)}`);
  expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(writeWbxml(document)).toString('hex'));
});

describe('what the tool writes without the flags is refused', () => {
  const xml = `${DOCTYPE}${toXml(element('AirSync:Sync', element('AirSync:SyncKey', 'repeated'), element('AirSync:Class', 'repeated')))}`;

  it('for its public identifier', () => {
    expect(() => readWbxml(encodedByTool(xml, ['-n', '-v', '1.3']))).toThrow(/unknown public identifier/);
  });

  it('for its string table', () => {
    expect(() => readWbxml(encodedByTool(xml, ['-v', '1.3', '-a']))).toThrow(WbxmlError);
  });
});
