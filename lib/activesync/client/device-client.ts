/** A device of ours: for the command line, the canary, tests and benches. One object, one method a thing that phones do. */
import { type Clock, type Log, type Random, silentLog, systemRandom } from '../../platform/index.ts';
import type { CommandName, Element, ProtocolVersion, QueryForm } from '../protocol/index.ts';
import type { DeviceInformation } from './device-information.ts';
import { type DeviceFolder, type DeviceState, newDeviceState } from './device-state.ts';
import { type Estimate, type EstimateRequest, getItemEstimate } from './estimate.ts';
import { Exchange, type ExchangeOptions, type ExchangeResponse } from './exchange.ts';
import { type FolderChanges, folderCreate, folderDelete, folderOfType, folderSync, folderUpdate } from './folders.ts';
import { foregroundClock } from './foreground-clock.ts';
import { httpTransport } from './http-transport.ts';
import {
  emptyFolder,
  type FetchAttachmentRequest,
  type FetchedAttachment,
  type FetchItemRequest,
  fetchAttachment,
  fetchItem,
  getAttachment,
  itemOperations,
  moveConversation,
} from './item-operations.ts';
import { type Move, type MoveResult, moveItems } from './move-items.ts';
import { type PingAnswer, type PingRequest, ping } from './ping.ts';
import type { DeviceItem } from './plain-item.ts';
import { type AppliedPolicy, provision } from './provision.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from './retry.ts';
import { type FindRequest, find, type SearchAnswer, type SearchRequest, search } from './search.ts';
import { type Mail, type SmartMail, sendMail, smartForward, smartReply } from './send-mail.ts';
import { DeviceSession, type RunRequest } from './session.ts';
import {
  setDeviceInformation,
  setDevicePassword,
  settings,
  type UserInformation,
  userInformation,
} from './settings.ts';
import { type SyncProgress, type SyncTotals, syncAll, syncCollection, syncOnce } from './sync.ts';
import type { CollectionAnswer, SyncAnswer } from './sync-answer.ts';
import type { CollectionRequest, SyncRequest } from './sync-request.ts';
import type { Transport } from './transport.ts';
import { type WatchEvent, type WatchOptions, watch } from './watch.ts';

export interface DeviceClientOptions {
  /** `https://mail.example.org`; a path other than ActiveSync's is kept. */
  readonly url: string;
  /** `user`, `user@domain` or `DOMAIN\user`. */
  readonly user: string;
  readonly password: string;
  /** 1–32 letters and digits, always the same for one device. */
  readonly deviceId: string;
  /** Default 'Caravan'. */
  readonly deviceType?: string | undefined;
  /** Default 'Caravan/1.0'. */
  readonly userAgent?: string | undefined;
  /** Default: the highest that the server announces. */
  readonly version?: ProtocolVersion | undefined;
  /** Default 'plain'. */
  readonly queryForm?: QueryForm | undefined;
  /** Default: node:http and node:https. */
  readonly transport?: Transport | undefined;
  /** Take any certificate. Of the default transport. */
  readonly insecureTls?: boolean | undefined;
  /** Provision when the server asks for it and send the command again. Default true. */
  readonly provisions?: boolean | undefined;
  /** What the device says of itself. */
  readonly information?: DeviceInformation | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Sees every exchange with the server; what it throws, the method throws. */
  readonly onExchange?: ExchangeOptions['onExchange'];
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly log?: Log | undefined;
}

const DEFAULT_DEVICE_TYPE = 'Caravan';
const DEFAULT_USER_AGENT = 'Caravan/1.0';

/**
 * Every method throws ClientError for what is not an answer, or is one of failure; statuses of items and collections are
 * values of the answers. `state` changes with them and may be stored as JSON between any two calls.
 */
export class DeviceClient {
  readonly state: DeviceState;
  readonly session: DeviceSession;
  /** Below retries and provisioning. */
  readonly exchange: Exchange;
  readonly #transport: Transport;
  readonly #information: DeviceInformation;

  constructor(options: DeviceClientOptions, state: DeviceState = newDeviceState()) {
    this.state = state;
    this.#transport = options.transport ?? httpTransport({ insecureTls: options.insecureTls === true });
    const deviceType = options.deviceType ?? DEFAULT_DEVICE_TYPE;
    const userAgent = options.userAgent ?? DEFAULT_USER_AGENT;
    this.#information = options.information ?? { model: deviceType, userAgent };
    const { url, user, password, deviceId, queryForm = 'plain', onExchange } = options;
    const transport = this.#transport;
    this.exchange = new Exchange({
      url,
      user,
      password,
      deviceId,
      deviceType,
      userAgent,
      queryForm,
      transport,
      onExchange,
    });
    this.session = new DeviceSession({
      exchange: this.exchange,
      state,
      version: options.version,
      retry: { ...DEFAULT_RETRY_POLICY, ...options.retry },
      clock: options.clock ?? foregroundClock,
      random: options.random ?? systemRandom,
      log: options.log ?? silentLog,
      provision: options.provisions === false ? undefined : async (signal) => void (await this.provision(signal)),
    });
  }

  /** Asks the server for its versions and commands, and takes the highest version that both speak. */
  options(signal?: AbortSignal): Promise<ExchangeResponse> {
    return this.session.negotiate(signal);
  }
  /** Gets, applies and acknowledges the policy. */
  provision(signal?: AbortSignal): Promise<AppliedPolicy> {
    return provision(this.session, this.#information, signal);
  }

  folderSync(signal?: AbortSignal): Promise<FolderChanges> {
    return folderSync(this.session, signal);
  }
  /** The new folder's ServerId. */
  folderCreate(folder: Parameters<typeof folderCreate>[1]): Promise<string> {
    return folderCreate(this.session, folder);
  }
  folderUpdate(folder: Parameters<typeof folderUpdate>[1]): Promise<void> {
    return folderUpdate(this.session, folder);
  }
  folderDelete(serverId: string): Promise<void> {
    return folderDelete(this.session, serverId);
  }
  /** Of the state: `client.folder(FolderType.inbox)`. Throws ClientError `no-such-folder`. */
  folder(type: number): DeviceFolder {
    return folderOfType(this.state, type);
  }
  /** Of the state. */
  items(collectionId: string): readonly DeviceItem[] {
    return Object.values(this.state.collections[collectionId]?.items ?? {});
  }

  /**
   * One round for one collection; undefined where nothing changed. With key 0 it is the round that gets a key. A failure of the
   * whole request is the collection's: nothing of it is known to be done.
   */
  sync(request: CollectionRequest): Promise<CollectionAnswer | undefined> {
    return syncCollection(this.session, request);
  }
  /** One round for several collections, which the server may hold while nothing changes. */
  syncMany(request: SyncRequest, run?: RunRequest): Promise<SyncAnswer> {
    return syncOnce(this.session, request, run);
  }
  /** Rounds until the collection is up to date. */
  syncAll(
    request: CollectionRequest,
    options?: { readonly onProgress?: (progress: SyncProgress) => void; readonly signal?: AbortSignal },
  ): Promise<SyncTotals> {
    return syncAll(this.session, request, options);
  }
  getItemEstimate(...collections: readonly EstimateRequest[]): Promise<readonly Estimate[]> {
    return getItemEstimate(this.session, collections);
  }
  ping(request?: PingRequest): Promise<PingAnswer> {
    return ping(this.session, request);
  }
  watch(options: WatchOptions): AsyncGenerator<WatchEvent, void, undefined> {
    return watch(this.session, options);
  }

  moveItems(...moves: readonly Move[]): Promise<readonly MoveResult[]> {
    return moveItems(this.session, moves);
  }
  fetchItem(request: FetchItemRequest): Promise<DeviceItem> {
    return fetchItem(this.session, request);
  }
  fetchAttachment(request: FetchAttachmentRequest): Promise<FetchedAttachment> {
    return fetchAttachment(this.session, request);
  }
  /** At 12.1. */
  getAttachment(attachmentName: string): Promise<FetchedAttachment> {
    return getAttachment(this.session, attachmentName);
  }
  emptyFolder(collectionId: string, deleteSubFolders?: boolean): Promise<void> {
    return emptyFolder(this.session, collectionId, deleteSubFolders);
  }
  moveConversation(request: Parameters<typeof moveConversation>[1]): Promise<void> {
    return moveConversation(this.session, request);
  }
  itemOperations(
    operations: readonly Element[],
    options?: { readonly multipart?: boolean },
  ): Promise<ExchangeResponse> {
    return itemOperations(this.session, operations, options);
  }

  sendMail(mail: Mail): Promise<void> {
    return sendMail(this.session, mail);
  }
  smartReply(mail: SmartMail): Promise<void> {
    return smartReply(this.session, mail);
  }
  smartForward(mail: SmartMail): Promise<void> {
    return smartForward(this.session, mail);
  }

  search(request: SearchRequest): Promise<SearchAnswer> {
    return search(this.session, request);
  }
  /** At 16.1. */
  find(request: FindRequest): Promise<SearchAnswer> {
    return find(this.session, request);
  }

  /** Any properties; the answer's root. */
  settings(...properties: readonly Element[]): Promise<Element | undefined> {
    return settings(this.session, properties);
  }
  sendInformation(information: DeviceInformation = this.#information): Promise<void> {
    return setDeviceInformation(this.session, information);
  }
  setDevicePassword(password: string | undefined): Promise<void> {
    return setDevicePassword(this.session, password);
  }
  userInformation(): Promise<UserInformation> {
    return userInformation(this.session);
  }

  /** Any command with version, key, retries and provisioning; any 200 is an answer. */
  raw(command: CommandName, request?: RunRequest): Promise<ExchangeResponse> {
    return this.session.run(command, request);
  }

  /** Ends idle connections. */
  close(): void {
    this.#transport.close();
  }
}
