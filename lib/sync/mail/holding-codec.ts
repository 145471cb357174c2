/**
 * A holding as bytes: runs of UIDs; the distinct flag sets, the commonest first; and for each of the others the places of
 * its messages, as gaps. Deflated with a checksum. Ten thousand messages with scattered flags take about 1.7 KB.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { ByteReader, ByteWriter, corrupt } from './byte-codec.ts';
import { runsOf } from './folder-snapshot.ts';
import { Holding, type StaleUids } from './holding.ts';

const FORMAT = 1;
/** Millions of messages with odd flags take less. */
const INFLATED_LIMIT_BYTES = 64 * 1024 * 1024;
const COMPRESSION_LEVEL = 9;

export function encodeHolding(holding: Holding): Uint8Array {
  const writer = new ByteWriter();
  writer.number(FORMAT);
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
  writer.number(holding.stale.length);
  for (const { mark, uids } of holding.stale) {
    writer.number(mark);
    writer.runs(uids);
  }
  return deflateSync(writer.finish(), { level: COMPRESSION_LEVEL });
}

/** Throws SyncError('state-corrupt'). */
export function decodeHolding(bytes: Uint8Array): Holding {
  const reader = new ByteReader(inflated(bytes));
  if (reader.number() !== FORMAT) throw corrupt('its format is unknown');
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
  const stale: StaleUids[] = [];
  for (let left = reader.number(1_000_000); left > 0; left--) {
    stale.push({ mark: reader.number(), uids: reader.runs() });
  }
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
