/** `DEVICE#<id>` as attributes of the store. */
import type { Attributes, AttributeValue } from '../store/index.ts';
import type { DeviceRecord } from './device-record.ts';
import { SyncError } from './errors.ts';
import { packText, unpackText } from './packed-text.ts';

const FORMAT = 1;
/** Kept as JSON: everything that is neither text, number nor bytes. */
const STRUCTURED = new Set<keyof DeviceRecord>(['information', 'ping']);

export function newDeviceRecord(id: string, user: string, now: number): DeviceRecord {
  return {
    id,
    user,
    type: '',
    userAgent: undefined,
    protocolVersion: undefined,
    policyKey: undefined,
    pendingPolicyKey: undefined,
    policyDigest: undefined,
    access: 'allowed',
    wipe: 'none',
    wipeKind: undefined,
    information: {},
    recoveryPassword: undefined,
    ping: undefined,
    lastSeen: now,
    firstSeen: now,
  };
}

export function encodeDeviceRecord(record: DeviceRecord): Attributes {
  const attributes: Record<string, AttributeValue> = { format: FORMAT };
  for (const [name, value] of Object.entries(record) as [keyof DeviceRecord, unknown][]) {
    if (value === undefined) continue;
    attributes[name] = STRUCTURED.has(name) ? packText(JSON.stringify(value)) : (value as AttributeValue);
  }
  return attributes;
}

/** Throws SyncError('state-corrupt'): who may sync is not guessed. */
export function decodeDeviceRecord(attributes: Attributes): DeviceRecord {
  if (attributes['format'] !== FORMAT || typeof attributes['id'] !== 'string') {
    throw new SyncError('state-corrupt', 'the record of a device cannot be read', {
      remedy: 'forget the device: it then begins again',
    });
  }
  const values: Record<string, unknown> = { ...newDeviceRecord('', '', 0) };
  for (const name of Object.keys(values) as (keyof DeviceRecord)[]) {
    const value = attributes[name];
    if (value === undefined) continue;
    values[name] = STRUCTURED.has(name) ? (JSON.parse(unpackText(value)) as unknown) : value;
  }
  return values as unknown as DeviceRecord;
}

/** The very same value, byte for byte. */
export function isSameRecord(a: DeviceRecord, b: DeviceRecord): boolean {
  return (Object.keys(a) as (keyof DeviceRecord)[]).every((name) => textOf(a[name]) === textOf(b[name]));
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : JSON.stringify(value ?? null);
}
