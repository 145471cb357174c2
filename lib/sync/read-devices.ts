/** What the store has of users' devices, for people who ask: no lease is needed to look. */
import type { Attributes, Store } from '../store/index.ts';
import type { ItemClass } from '../backends/index.ts';
import { decodeDeviceRecord } from './device-record-codec.ts';
import type { DeviceRecord } from './device-record.ts';
import { deviceSort } from './device-sync.ts';
import { decodeRegistry } from './folders/registry-codec.ts';
import { poisonSort } from './mail/poison-book.ts';

const PREFIX = 'DEVICE#';
const USER = 'USER#';

/** A collection that a device syncs. */
export interface SyncedCollection {
  readonly id: string;
  /** Both left out where the user has no such folder any more. */
  readonly name?: string;
  readonly itemClass?: ItemClass;
}

/** An item that is kept from a device (sync-state.md, rule 7). */
export interface KeptItem {
  readonly serverId: string;
  readonly cause: string;
  readonly why?: string;
  readonly times: number;
  /** Wall clock, milliseconds. */
  readonly lastAt: number;
}

/** In no order. A record that cannot be read is left out: its device is served by nobody until it is forgotten. */
export async function readDevices(
  store: Store,
  user: string,
  { consistent = false }: { readonly consistent?: boolean } = {},
): Promise<readonly DeviceRecord[]> {
  const devices: DeviceRecord[] = [];
  for await (const { key, attributes } of store.query(`${USER}${user}`, { prefix: PREFIX, consistent })) {
    const device = isOfDevice(key.sort) ? recordIn(attributes) : undefined;
    if (device) devices.push(device);
  }
  return devices;
}

/** Undefined: nobody has seen it. Throws SyncError for a record that cannot be read. */
export async function readDevice(store: Store, user: string, deviceId: string): Promise<DeviceRecord | undefined> {
  const item = await store.get({ partition: `${USER}${user}`, sort: deviceSort(deviceId) });
  return item && decodeDeviceRecord(item.attributes);
}

/** Whether there is a record of it, readable or not. */
export async function isDeviceKnown(store: Store, user: string, deviceId: string): Promise<boolean> {
  return (await store.get({ partition: `${USER}${user}`, sort: deviceSort(deviceId) })) !== undefined;
}

/** Of all users: the whole store is read. */
export async function* readAllDevices(store: Store): AsyncIterable<DeviceRecord> {
  for await (const { key, attributes } of store.scan()) {
    const device = key.partition.startsWith(USER) && isOfDevice(key.sort) ? recordIn(attributes) : undefined;
    if (device) yield device;
  }
}

/** What a device syncs and what is kept from it. */
export async function readDeviceState(
  store: Store,
  user: string,
  deviceId: string,
): Promise<{ readonly collections: readonly SyncedCollection[]; readonly kept: readonly KeptItem[] }> {
  const partition = `${USER}${user}`;
  const registry = await store.get({ partition, sort: 'FOLDERS' }, { consistent: false });
  const folders = registry ? decodeRegistry(registry.attributes).folders : [];
  const collections: SyncedCollection[] = [];
  const states = `${deviceSort(deviceId)}#COLLECTION#`;
  for await (const { key } of store.query(partition, { prefix: states, consistent: false })) {
    const id = key.sort.slice(states.length);
    const folder = folders.find((it) => it.id === id);
    if (!id.includes('#')) collections.push({ id, ...(folder && { name: folder.name, itemClass: folder.itemClass }) });
  }
  const kept: KeptItem[] = [];
  for await (const { attributes } of store.query(partition, { prefix: poisonSort(deviceId, ''), consistent: false })) {
    const { item, cause, why, times, lastAt } = attributes;
    kept.push({
      serverId: String(item),
      cause: String(cause),
      ...(typeof why === 'string' && { why }),
      times: Number(times),
      lastAt: Number(lastAt),
    });
  }
  return { collections, kept };
}

const isOfDevice = (sort: string): boolean => sort.startsWith(PREFIX) && !sort.slice(PREFIX.length).includes('#');

function recordIn(attributes: Attributes): DeviceRecord | undefined {
  try {
    return decodeDeviceRecord(attributes);
  } catch {
    // Told by the owner, who comes upon it as well.
    return undefined;
  }
}
