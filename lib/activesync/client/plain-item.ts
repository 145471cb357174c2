/** Items as plain values that go into JSON and come back: what a device keeps of a collection. */
import { type Element, type TagName, textOf } from '../protocol/index.ts';

/** Text, bytes in base64, or elements below. */
export type PlainValue = string | { readonly base64: string } | readonly PlainElement[];
export type PlainElement = readonly [tag: TagName, value: PlainValue];

export interface DeviceItem {
  readonly serverId: string;
  /** The children of ApplicationData by tag. */
  readonly data: Readonly<Partial<Record<TagName, PlainValue>>>;
}

export function toItem(serverId: string, applicationData: readonly Element[]): DeviceItem {
  return { serverId, data: Object.fromEntries(applicationData.map(plainElement)) };
}

/** A Change says only what is different: what it does not name stays. */
export function changedItem(item: DeviceItem, change: DeviceItem): DeviceItem {
  return { serverId: change.serverId, data: { ...item.data, ...change.data } };
}

/** A property's text; '' for an empty tag, undefined where there is none or it is not text. */
export function itemText(item: DeviceItem, tag: TagName): string | undefined {
  const value = item.data[tag];
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.length === 0 ? '' : undefined;
}

/** A property of a container: `itemTextIn(item, 'AirSyncBase:Body', 'AirSyncBase:Data')`. */
export function itemTextIn(item: DeviceItem, container: TagName, tag: TagName): string | undefined {
  const value = item.data[container];
  if (!isElements(value)) return undefined;
  const found = value.find(([name]) => name === tag)?.[1];
  return typeof found === 'string' ? found : undefined;
}

const isElements = (value: PlainValue | undefined): value is readonly PlainElement[] => Array.isArray(value);

const plainElement = (it: Element): PlainElement => [it.tag, plainValue(it)];

function plainValue(it: Element): PlainValue {
  if (typeof it.content === 'string') return textOf(it);
  if (it.content instanceof Uint8Array) return { base64: Buffer.from(it.content).toString('base64') };
  return it.content.map(plainElement);
}
