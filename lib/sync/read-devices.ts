/** What the store has of a user's devices, for people who ask: no lease is needed to look. */
import type { Store } from '../store/index.ts';
import { decodeDeviceRecord } from './device-record-codec.ts';
import type { DeviceRecord } from './device-record.ts';

const PREFIX = 'DEVICE#';

/** In no order. A record that cannot be read is left out: its device is served by nobody until it is forgotten. */
export async function readDevices(store: Store, user: string): Promise<readonly DeviceRecord[]> {
  const devices: DeviceRecord[] = [];
  for await (const { key, attributes } of store.query(`USER#${user}`, { prefix: PREFIX, consistent: false })) {
    if (key.sort.slice(PREFIX.length).includes('#')) continue;
    try {
      devices.push(decodeDeviceRecord(attributes));
    } catch {
      // Told by the owner, who comes upon it as well.
    }
  }
  return devices;
}
