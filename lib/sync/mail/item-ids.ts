/** Ids of items, ascending: UIDs of messages, or hashes of resources' names, which need the wider column. */
export type ItemIds = Uint32Array | Float64Array;

const NARROW_LIMIT = 0xffff_ffff;

export function newIds(length: number, greatestId: number): ItemIds {
  return greatestId > NARROW_LIMIT ? new Float64Array(length) : new Uint32Array(length);
}
