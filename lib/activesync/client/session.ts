/**
 * A device's conversation with its server: version, policy key, redirects, retries. The commands stand on `run`, which gives
 * back a 200 and throws ClientError for anything else.
 */
import type { Clock, Log, Random } from '../../platform/index.ts';
import {
  type CommandName,
  COMMANDS,
  CommonStatus,
  hasCommand,
  isProtocolVersion,
  PROTOCOL_VERSIONS,
  type ProtocolVersion,
} from '../protocol/index.ts';
import { failureOf, statusFailure } from './answer-failure.ts';
import { rootStatus } from './answer-status.ts';
import type { DeviceState } from './device-state.ts';
import { ClientError } from './errors.ts';
import type { CommandRequest, Exchange, ExchangeResponse } from './exchange.ts';
import { type RetryPolicy, retrying } from './retry.ts';

export interface SessionOptions {
  readonly exchange: Exchange;
  readonly state: DeviceState;
  /** Default: the highest that the server announces. */
  readonly version?: ProtocolVersion | undefined;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Called when the server asks for it: 449, or Status 142 to 144. */
  readonly provision: ((signal?: AbortSignal) => Promise<void>) | undefined;
}

export type RunRequest = Omit<CommandRequest, 'command' | 'version' | 'policyKey'> & {
  /** Default: the session's. */
  readonly retry?: Partial<RetryPolicy>;
};

const MAX_REDIRECTS = 3;
const RETRY_WITH_PROVISIONING = 449;
const REDIRECT = 451;
const MUST_PROVISION: readonly number[] = [
  CommonStatus.remoteWipeRequested,
  CommonStatus.deviceNotProvisioned,
  CommonStatus.policyRefresh,
  CommonStatus.invalidPolicyKey,
];

export class DeviceSession {
  readonly state: DeviceState;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Log;
  readonly #options: SessionOptions;
  #provisioning: Promise<void> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.state = options.state;
    this.random = options.random;
    this.clock = options.clock;
    this.log = options.log;
    if (this.state.url !== undefined) options.exchange.redirect(this.state.url);
  }

  /** The version spoken: the option, else the state's, else the highest that OPTIONS announces. */
  async version(signal?: AbortSignal): Promise<ProtocolVersion> {
    const known = this.#options.version ?? this.state.version;
    if (known !== undefined) return known;
    await this.negotiate(signal);
    return this.state.version as ProtocolVersion;
  }

  /** Asks OPTIONS and remembers what it says. */
  async negotiate(signal?: AbortSignal): Promise<ExchangeResponse> {
    const response = await this.#redirected('OPTIONS', {}, signal, () => this.#options.exchange.options({ signal }));
    if (response.status !== 200) throw failureOf('OPTIONS', response);
    const announced = (response.headers['ms-asprotocolversions'] ?? '').split(',').map((it) => it.trim());
    const commands = (response.headers['ms-asprotocolcommands'] ?? '').split(',').map((it) => it.trim());
    const version = PROTOCOL_VERSIONS.find((it) => announced.includes(it));
    if (version === undefined) {
      throw new ClientError('no-common-version', 'The server speaks no version that this client speaks', {
        why: `it announces '${announced.filter((it) => !isProtocolVersion(it)).join(',')}'`,
        remedy: 'Check that the address is that of an ActiveSync server',
      });
    }
    this.state.version = version;
    this.state.commands = COMMANDS.filter((it) => commands.includes(it));
    return response;
  }

  /** One command, provisioned for if need be. Throws ClientError for any answer but 200. */
  async run(command: CommandName, request: RunRequest = {}): Promise<ExchangeResponse> {
    const version = await this.version(request.signal);
    if (!hasCommand(version, command)) {
      throw new ClientError('command-not-in-version', `Version ${version} has no ${command}`, { command });
    }
    let response = await this.send(command, version, this.state.policyKey, request);
    if (command !== 'Provision' && mustProvision(response)) {
      await this.#provisionOnce(command, response, request.signal);
      response = await this.send(command, version, this.state.policyKey, request);
      if (mustProvision(response)) throw notProvisioned(command, response);
    }
    if (response.status !== 200) throw failureOf(command, response);
    return response;
  }

  /** `run`, for commands whose success is one value of the root's Status, or an empty body. */
  async runForSuccess(command: CommandName, success: number, request: RunRequest): Promise<ExchangeResponse> {
    const response = await this.run(command, request);
    const status = rootStatus(response.document);
    if (status !== undefined && status !== success) throw statusFailure(command, status);
    return response;
  }

  /** With retries and redirects, whatever the answer says. */
  async send(
    command: CommandName,
    version: ProtocolVersion,
    policyKey: string | undefined,
    request: RunRequest,
  ): Promise<ExchangeResponse> {
    const { retry = {}, ...rest } = request;
    return this.#redirected(command, retry, request.signal, () =>
      this.#options.exchange.command({ ...rest, command, version, policyKey }),
    );
  }

  /** Goes where a 451 says (MS-ASHTTP 3.1.5.2.2). */
  async #redirected(
    command: string,
    policy: Partial<RetryPolicy>,
    signal: AbortSignal | undefined,
    attempt: () => Promise<ExchangeResponse>,
  ): Promise<ExchangeResponse> {
    for (let redirects = 0; ; redirects++) {
      const response = await this.#retried(command, policy, signal, attempt);
      const location = response.headers['x-ms-location'];
      if (response.status !== REDIRECT || location === undefined || redirects >= MAX_REDIRECTS) return response;
      this.log.info({ command, location }, 'The server sends this device to another place');
      this.#options.exchange.redirect(location);
      this.state.url = this.#options.exchange.url;
    }
  }

  #retried(
    command: string,
    policy: Partial<RetryPolicy>,
    signal: AbortSignal | undefined,
    attempt: () => Promise<ExchangeResponse>,
  ): Promise<ExchangeResponse> {
    let attempts = 0;
    return retrying({ ...this.#options.retry, ...policy }, this.clock, signal, () => {
      if (attempts++ > 0) this.log.info({ command, attempts }, 'Sending the same request again');
      return attempt();
    });
  }

  /** Commands that run side by side share one Provision. */
  async #provisionOnce(command: CommandName, response: ExchangeResponse, signal?: AbortSignal): Promise<void> {
    const { provision } = this.#options;
    if (provision === undefined) throw notProvisioned(command, response);
    this.#provisioning ??= provision(signal).finally(() => {
      this.#provisioning = undefined;
    });
    await this.#provisioning;
  }
}

function mustProvision({ status, document }: ExchangeResponse): boolean {
  if (status === RETRY_WITH_PROVISIONING) return true;
  return status === 200 && MUST_PROVISION.includes(rootStatus(document) ?? 0);
}

const notProvisioned = (command: CommandName, response: ExchangeResponse): ClientError =>
  new ClientError('provisioning-failed', 'The server demands a policy that this device does not have', {
    command,
    httpStatus: response.status,
    status: rootStatus(response.document),
    remedy: 'Check the policy of this user on the server',
  });
