/**
 * A holding as bytes, deflated with a checksum. Of mail: runs of UIDs; the distinct flag sets, the commonest first; and for each of
 * the others the places of its messages, as gaps. Ten thousand messages with scattered flags take about 1.7 KB. Of resources,
 * whose ids are hashes and whose revisions are prints: the ids as gaps, then the prints; about 12 bytes each.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { ByteReader, ByteWriter, corrupt } from './byte-codec.ts';
import { runsOf } from './folder-snapshot.ts';
import { Holding, type StaleUids } from './holding.ts';
import { numberOfPrint, printOfNumber } from './print-table.ts';

const MAIL_FORMAT = 1;
const RESOURCES_FORMAT = 2;
const STALE_RESOURCES_FORMAT = 3;
/** Millions of messages with odd flags take less. */
const INFLATED_LIMIT_BYTES = 64 * 1024 * 1024;
const COMPRESSION_LEVEL = 9;
/** Little is packed as well with little memory: to clear 256 KB for it would take longer than the packing. */
const SMALL_BYTES = 1_024;
const SMALL_COMPRESSION = { level: COMPRESSION_LEVEL, windowBits: 10, memLevel: 3, chunkSize: SMALL_BYTES };

export function encodeHolding(holding: Holding): Uint8Array {
  const writer = new ByteWriter();
  if (holding.uids instanceof Float64Array) return deflated(encodeResources(writer, holding));
  writer.number(MAIL_FORMAT);
  writer.number(holding.mark);
  writer.runs(runsOf(holding.uids));
  const placesOf = new Map<number, number[]>();
  holding.flags.forEach((text, place) => {
    const places = placesOf.get(text);
    if (places) places.push(place);
    else placesOf.set(text, [place]);
  });
  const byFrequency = [...placesOf].sort((a, b) => b[1].length - a[1].length);
  writer.number(byFrequency.length);
  for (const [index, [text, places]] of byFrequency.entries()) {
    writer.text(holding.texts[text] ?? '');
    if (index > 0) writer.ascending(places);
  }
  writeStale(writer, holding);
  return deflated(writer);
}

function writeStale(writer: ByteWriter, { stale }: Holding): void {
  writer.number(stale.length);
  for (const { mark, uids } of stale) {
    writer.number(mark);
    writer.runs(uids);
  }
}

function readStale(reader: ByteReader): readonly StaleUids[] {
  const stale: StaleUids[] = [];
  for (let left = reader.number(1_000_000); left > 0; left--) {
    stale.push({ mark: reader.number(), uids: reader.runs() });
  }
  return stale;
}

function encodeResources(writer: ByteWriter, holding: Holding): ByteWriter {
  writer.number(holding.stale.length === 0 ? RESOURCES_FORMAT : STALE_RESOURCES_FORMAT);
  writer.number(holding.mark);
  writer.ascending(holding.uids);
  for (const text of holding.flags) writer.number(numberOfPrint(holding.texts[text] ?? ''));
  if (holding.stale.length > 0) writeStale(writer, holding);
  return writer;
}

function deflated(writer: ByteWriter): Uint8Array {
  const bytes = writer.finish();
  return deflateSync(bytes, bytes.length <= SMALL_BYTES ? SMALL_COMPRESSION : { level: COMPRESSION_LEVEL });
}

function decodeResources(reader: ByteReader, hasStale: boolean): Holding {
  const mark = reader.number();
  const ids = Float64Array.from(reader.ascending());
  const places = new Map<string, number>();
  const flags = Uint32Array.from(ids, () => {
    const text = printOfNumber(reader.number());
    const place = places.get(text) ?? places.size;
    places.set(text, place);
    return place;
  });
  const stale = hasStale ? readStale(reader) : [];
  reader.end();
  return new Holding({ mark, uids: ids, flags, texts: [...places.keys()], stale });
}

/** Throws SyncError('state-corrupt'). */
export function decodeHolding(bytes: Uint8Array): Holding {
  const reader = new ByteReader(inflated(bytes));
  const format = reader.number();
  if (format === RESOURCES_FORMAT || format === STALE_RESOURCES_FORMAT) {
    return decodeResources(reader, format === STALE_RESOURCES_FORMAT);
  }
  if (format !== MAIL_FORMAT) throw corrupt('its format is unknown');
  const mark = reader.number();
  const runs = reader.runs();
  const uids = Uint32Array.from(runs);
  const flags = new Uint32Array(uids.length);
  const texts: string[] = [];
  const count = reader.number(uids.length);
  if (count === 0 && uids.length > 0) throw corrupt('its messages have no flags');
  for (let index = 0; index < count; index++) {
    texts.push(reader.text());
    for (const place of index > 0 ? reader.ascending() : []) {
      if (place >= flags.length) throw corrupt('a flag belongs to no message');
      flags[place] = index;
    }
  }
  const stale = readStale(reader);
  reader.end();
  return new Holding({ mark, uids, flags, texts, stale });
}

function inflated(bytes: Uint8Array): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: INFLATED_LIMIT_BYTES });
  } catch (cause) {
    throw corrupt('it cannot be unpacked', cause);
  }
}
