/** What people in charge ask of users' devices, and what they order for them: the same on a server alone and in a pool. */
import type { Store } from '../store/index.ts';
import {
  type DeviceRecord,
  isDeviceKnown,
  type KeptItem,
  readAllDevices,
  readDevice,
  readDevices,
  readDeviceState,
  type SyncedCollection,
} from '../sync/index.ts';
import { AdministrationError } from './errors.ts';
import { userOf } from './homes-desk.ts';
import type { DeviceOrder } from './orders.ts';

/** A device as it is listed; nothing secret. Times are ISO 8601. */
export interface DeviceEntry {
  readonly user: string;
  readonly id: string;
  readonly type: string;
  /** What the device says it is, as far as it does. */
  readonly model?: string;
  readonly system?: string;
  readonly userAgent?: string;
  readonly protocolVersion?: string;
  readonly access: DeviceRecord['access'];
  readonly wipe: DeviceRecord['wipe'];
  /** What is wiped: all of the device, or this account alone. */
  readonly wipes?: 'device' | 'account';
  /** It acknowledged a policy. */
  readonly hasPolicy: boolean;
  readonly hasRecoveryPassword: boolean;
  readonly firstSeen: string;
  /** Good to an hour. */
  readonly lastSeen: string;
}

export interface DeviceDetail extends DeviceEntry {
  /** All that it told of itself (MS-ASCMD 2.2.3.45). */
  readonly information: Readonly<Record<string, string>>;
  readonly collections: readonly SyncedCollection[];
  /** Items that are kept from it, since they cannot be rendered or made it fail. */
  readonly keptBack: readonly (Omit<KeptItem, 'lastAt'> & { readonly last: string })[];
}

export interface DeviceDeskOptions {
  readonly store: Store;
  /** Of the users: a name may be given with it. */
  readonly domain: string;
  /** To the server that owns the user. */
  readonly order: (user: string, order: DeviceOrder) => Promise<void>;
  /** False for who has gone to the pool that this server joins: what its own store has is of the past. Default: true. */
  readonly isServedHere?: (user: string) => boolean;
}

/** Throws AdministrationError, StoreError, and what the way to the owner throws. */
export class DeviceDesk {
  readonly #options: DeviceDeskOptions;

  constructor(options: DeviceDeskOptions) {
    this.#options = options;
  }

  /** Those seen last first. */
  async devices(name: string): Promise<{ readonly user: string; readonly devices: readonly DeviceEntry[] }> {
    const user = this.#user(name);
    return { user, devices: listed(await readDevices(this.#options.store, user)) };
  }

  /** Of all users, those that may do so much; the whole store is read. */
  async withAccess(access: DeviceRecord['access']): Promise<readonly DeviceEntry[]> {
    const found: DeviceRecord[] = [];
    for await (const device of readAllDevices(this.#options.store))
      if (device.access === access && this.#isServedHere(device.user)) found.push(device);
    return listed(found);
  }

  async device(name: string, id: string): Promise<DeviceDetail> {
    const device = await this.#device(name, id);
    const { collections, kept } = await readDeviceState(this.#options.store, device.user, id);
    return {
      ...entryOf(device),
      information: device.information,
      collections,
      keptBack: kept.map(({ lastAt, ...it }) => ({ ...it, last: dateOf(lastAt) })),
    };
  }

  /** What the device escrowed, to be read out to its owner. */
  async recoveryPassword(name: string, id: string): Promise<{ readonly recoveryPassword: string }> {
    const { recoveryPassword } = await this.#device(name, id);
    if (recoveryPassword !== undefined) return { recoveryPassword };
    throw new AdministrationError('no-recovery-password', `Device ${id} has left no recovery password here`, {
      remedy: 'A policy with passwordRecoveryEnabled has devices leave one.',
    });
  }

  /** The device as it is then; undefined for one that is forgotten. */
  async order(name: string, order: Exclude<DeviceOrder, { kind: 'rescan' }>): Promise<DeviceEntry | undefined> {
    const user = this.#user(name);
    // One whose record cannot be read can be forgotten.
    if (!(await isDeviceKnown(this.#options.store, user, order.device))) throw unknownDevice(user, order.device);
    await this.#options.order(user, order);
    const after = await readDevice(this.#options.store, user, order.device);
    return after && entryOf(after);
  }

  /** Every folder is compared whole with what is believed of it. */
  async rescan(name: string): Promise<void> {
    const user = this.#user(name);
    const devices = await readDevices(this.#options.store, user, { consistent: true });
    if (devices.length > 0) return this.#options.order(user, { kind: 'rescan' });
    throw new AdministrationError('unknown-user', `Nobody named '${name}' has a device here`, {
      remedy: 'Check the name, without a domain or with the one of the mail system.',
    });
  }

  #user(name: string): string {
    const user = userOf(name, this.#options.domain).trim();
    if (this.#isServedHere(user)) return user;
    throw new AdministrationError('served-by-pool', `${user} is served by the pool that this server joins`, {
      remedy: 'Name the administration of one of its servers with --url.',
    });
  }

  /** A name that was mistyped must leave nothing behind. */
  async #device(name: string, id: string): Promise<DeviceRecord> {
    const user = this.#user(name);
    const device = await readDevice(this.#options.store, user, id);
    if (device) return device;
    throw unknownDevice(user, id);
  }

  #isServedHere(user: string): boolean {
    return this.#options.isServedHere?.(user) ?? true;
  }
}

const unknownDevice = (user: string, id: string): AdministrationError =>
  new AdministrationError('unknown-device', `${user} has no device ${id}`, {
    remedy: `\`caravan user devices ${user}\` lists them.`,
  });

const listed = (devices: readonly DeviceRecord[]): readonly DeviceEntry[] =>
  devices.toSorted((a, b) => b.lastSeen - a.lastSeen).map(entryOf);

function entryOf(device: DeviceRecord): DeviceEntry {
  const { user, id, type, userAgent, protocolVersion, access, wipe, wipeKind, information } = device;
  const { Model: model, OS: system } = information;
  return {
    user,
    id,
    type,
    ...(model !== undefined && { model }),
    ...(system !== undefined && { system }),
    ...(userAgent !== undefined && { userAgent }),
    ...(protocolVersion !== undefined && { protocolVersion }),
    access,
    wipe,
    ...(wipe !== 'none' && wipeKind !== undefined && { wipes: wipeKind }),
    hasPolicy: device.policyKey !== undefined,
    hasRecoveryPassword: device.recoveryPassword !== undefined,
    firstSeen: dateOf(device.firstSeen),
    lastSeen: dateOf(device.lastSeen),
  };
}

const dateOf = (ms: number): string => new Date(ms).toISOString();
