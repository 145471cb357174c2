/**
 * WBXML decode and encode of a 500 KB Sync response, beside libwbxml's tools on the same document in the same run.
 * Alone: `node test/bench/wbxml.ts`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Element, element, readWbxml, writeWbxml } from '../../lib/activesync/protocol/index.ts';
import { describeFigure, type Figure } from './figure.ts';

const MESSAGES = 100;
const BODY_BYTES = 5_000;
const MEASURE_MS = 1_500;
const ROUNDS = 5;
const TOOL_RUNS = 10;
const TARGET = { value: 100, is: 'at least' } as const;
const MB = 1_000_000;

/** Throws where libwbxml's tools fail; without them (ENOENT) the figures come without a baseline. */
export function benchWbxml(): readonly Figure[] {
  const document = syncResponse();
  const bytes = writeWbxml(document);
  const decode = throughput(bytes.length, () => readWbxml(bytes));
  const encode = throughput(bytes.length, () => writeWbxml(document));
  const tools = toolThroughput(bytes);
  const note = `${(bytes.length / 1000).toFixed(0)} KB document`;
  const toolNote = `${note}; the tool's process start, measured on an empty document, is taken off its time`;
  return [
    { name: 'WBXML decode', value: decode, unit: 'MB/s', target: TARGET, ...withBaseline('wbxml2xml', tools?.decode) },
    { name: 'WBXML encode', value: encode, unit: 'MB/s', target: TARGET, ...withBaseline('xml2wbxml', tools?.encode) },
  ].map((figure) => ({ ...figure, note: tools ? toolNote : `${note}; libwbxml's tools are not installed` }));
}

const withBaseline = (name: string, value: number | undefined) =>
  value === undefined ? {} : { baseline: { name, value } };

/** 100 new messages with HTML bodies of 5 KB, as a phone's first Sync gets them. */
export function syncResponse(): Element {
  return element(
    'AirSync:Sync',
    element(
      'AirSync:Collections',
      element(
        'AirSync:Collection',
        element('AirSync:SyncKey', '1a2b3c4d:17'),
        element('AirSync:CollectionId', 'inbox-7'),
        element('AirSync:Status', 1),
        element('AirSync:MoreAvailable'),
        element(
          'AirSync:Commands',
          Array.from({ length: MESSAGES }, (_, index) => message(index)),
        ),
      ),
    ),
  );
}

function message(index: number): Element {
  const body = html(index);
  return element(
    'AirSync:Add',
    element('AirSync:ServerId', `7:${index}`),
    element(
      'AirSync:ApplicationData',
      element('Email:To', `"Émilie Durand" <emilie.${index}@example.org>`),
      element('Email:From', '"Projektbüro" <office@example.org>'),
      element('Email:Subject', `Protokoll der Sitzung Nr. ${index}`),
      element('Email:DateReceived', '2026-11-22T10:00:00.000Z'),
      element('Email:DisplayTo', 'Émilie Durand'),
      element('Email:ThreadTopic', `Protokoll der Sitzung Nr. ${index}`),
      element('Email:Importance', 1),
      element('Email:Read', 0),
      element(
        'AirSyncBase:Body',
        element('AirSyncBase:Type', 2),
        element('AirSyncBase:EstimatedDataSize', body.length),
        element('AirSyncBase:Truncated', 0),
        element('AirSyncBase:Data', body),
      ),
      element('Email:MessageClass', 'IPM.Note'),
      element('Email:InternetCPID', 65001),
      element('Email:Flag'),
      element('Email:ContentClass', 'urn:content-classes:message'),
      element('AirSyncBase:NativeBodyType', 2),
      element('Email2:ConversationId', Buffer.alloc(16, index)),
      element('Email2:ConversationIndex', Buffer.alloc(5, index)),
      element('Email:Categories'),
    ),
  );
}

/** One body in four has letters beyond ASCII. */
function html(index: number): string {
  const sentence =
    index % 4 === 0
      ? '<p style="margin:0">Grüße aus dem Büro — wir treffen uns um 10 Uhr.</p>\r\n'
      : '<p style="margin:0">Please find the minutes attached, and tell us what is missing.</p>\r\n';
  const text = sentence.repeat(Math.ceil(BODY_BYTES / sentence.length));
  return Buffer.from(text).subarray(0, BODY_BYTES).toString('utf8').slice(0, -1);
}

/** MB/s of the best round: the others had less of the machine. */
function throughput(documentBytes: number, work: () => unknown): number {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let runs = 0;
    let elapsedMs = 0;
    do {
      work();
      runs++;
      elapsedMs = performance.now() - start;
    } while (elapsedMs < MEASURE_MS / ROUNDS);
    best = Math.max(best, (runs * documentBytes) / MB / (elapsedMs / 1000));
  }
  return best;
}

function toolThroughput(bytes: Uint8Array): { decode: number; encode: number } | undefined {
  if (spawnSync('wbxml2xml', ['-h']).error) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'caravan-bench-wbxml-'));
  try {
    const file = (name: string) => join(folder, name);
    writeFileSync(file('full.wbxml'), bytes);
    writeFileSync(file('empty.wbxml'), writeWbxml(element('AirSync:Sync')));
    const decodeMs = (name: string) =>
      fastestMs('wbxml2xml', ['-l', 'ACTIVESYNC', '-m', '0', '-o', file(`${name}.xml`), file(`${name}.wbxml`)]);
    const encodeMs = (name: string) =>
      fastestMs('xml2wbxml', ['-a', '-n', '-v', '1.3', '-o', file(`${name}.out`), file(`${name}.xml`)]);
    const rate = (ms: number) => bytes.length / MB / (ms / 1000);
    const figures = {
      decode: rate(decodeMs('full') - decodeMs('empty')),
      encode: rate(encodeMs('full') - encodeMs('empty')),
    };
    if (statSync(file('full.out')).size < bytes.length / 2)
      throw new Error('xml2wbxml wrote less than half the document');
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fastestMs(command: string, options: readonly string[]): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < TOOL_RUNS; run++) {
    const start = performance.now();
    const { status, stderr } = spawnSync(command, options);
    if (status !== 0) throw new Error(`${command} failed: ${stderr.toString()}`);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

if (import.meta.main) {
  for (const figure of benchWbxml()) process.stdout.write(`${describeFigure(figure)}\n`);
}
