// A device whose collections answer as a test scripts, and that keeps what the engine was asked.
import type { DeviceRecord, DeviceSync, SyncFolder, UserSync } from '../../../../lib/sync/index.ts';
import type { CollectionAnswer, CollectionRequest, Renderer } from '../../../../lib/sync/index.ts';
import type { Rendered } from '../../../../lib/activesync/commands/sync/write-answer.ts';
import { type FakeUser, fakeUser } from './fake-user.ts';
import { TestDevice, type TestDeviceOptions } from './test-device.ts';

export type ScriptedAnswer = CollectionAnswer<Rendered>;

export interface ScriptedSync {
  readonly device: TestDevice;
  readonly fake: FakeUser;
  /** Every request to the engine, in order. */
  readonly asked: CollectionRequest[];
  readonly renderers: Renderer<Rendered>[];
}

/** Nothing happened. */
export const unchanged = (syncKey: string): ScriptedAnswer => ({
  kind: 'answer',
  syncKey,
  changed: false,
  outcomes: [],
  changes: [],
  moreAvailable: false,
});

export const answered = (more: Partial<Extract<ScriptedAnswer, { kind: 'answer' }>> = {}): ScriptedAnswer => ({
  kind: 'answer',
  syncKey: 'k2',
  changed: true,
  outcomes: [],
  changes: [],
  moreAvailable: false,
  ...more,
});

export function scriptedSync(
  answer: (request: CollectionRequest) => ScriptedAnswer | Promise<ScriptedAnswer> = (it) => unchanged(it.syncKey),
  options: TestDeviceOptions & {
    readonly record?: Partial<DeviceRecord>;
    readonly scriptedDevice?: Partial<DeviceSync>;
    readonly scriptedUser?: Partial<UserSync>;
    readonly folders?: readonly SyncFolder[];
  } = {},
): ScriptedSync {
  const asked: CollectionRequest[] = [];
  const renderers: Renderer<Rendered>[] = [];
  const fake = fakeUser({
    record: { protocolVersion: options.version ?? '16.1', lastSeen: Date.now(), ...options.record },
    ...(options.folders && { folders: options.folders }),
    ...(options.scriptedUser && { user: options.scriptedUser }),
    device: {
      syncCollection: async <T>(request: CollectionRequest, renderer: Renderer<T>) => {
        asked.push(request);
        renderers.push(renderer as unknown as Renderer<Rendered>);
        return (await answer(request)) as CollectionAnswer<T>;
      },
      ...options.scriptedDevice,
    },
  });
  return { device: new TestDevice(fake.user, options), fake, asked, renderers };
}

/** `<Sync><Collections><Collection>…`: the key, the id, and the rest of the collection in the order of the specification. */
export const collection = (id: string, key: string, rest = ''): string =>
  `<Collection><SyncKey>${key}</SyncKey><CollectionId>${id}</CollectionId>${rest}</Collection>`;

export const syncRequest = (collections: string | readonly string[], rest = ''): string =>
  `<Sync><Collections>${typeof collections === 'string' ? collections : collections.join('')}</Collections>${rest}</Sync>`;

/** What a collection is answered at 14.0 and later. */
export const collectionAnswer = (id: string, key: string, status: number, rest = ''): string =>
  `<Collection><SyncKey>${key}</SyncKey><CollectionId>${id}</CollectionId><Status>${status}</Status>${rest}</Collection>`;

export const syncAnswer = (...collections: string[]): string =>
  `<Sync><Collections>${collections.join('')}</Collections></Sync>`;
