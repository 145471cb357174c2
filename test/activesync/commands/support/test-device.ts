// A device that posts commands to `dispatch` and shows what comes back as transcripts.
import {
  type Answer,
  type CommandContext,
  type CommandLimits,
  type CommandName,
  type CommandResult,
  dispatch,
  type Element,
  type Policies,
  type ProtocolVersion,
  type RequestParameters,
  type Wait,
} from '../../../../lib/activesync/index.ts';
import type { CertificateCheck, Directory } from '../../../../lib/backends/index.ts';
import type { Outbox } from '../../../../lib/outbox/index.ts';
import { type Clock, type Log, silentLog, systemClock, systemRandom } from '../../../../lib/platform/index.ts';
import type { UserSync } from '../../../../lib/sync/index.ts';
import { parse, print } from '../../../support/transcript.ts';

export const LIMITS: CommandLimits = {
  minHeartbeatSeconds: 60,
  maxHeartbeatSeconds: 3540,
  maxWindowSize: 512,
  maxPingFolders: 300,
  maxSearchResults: 100,
};

/** Everybody may do everything, and no policy is needed. */
export const OPEN: Policies = {
  policyFor: () => ({ requirement: 'none', digest: '', settings: {} }),
  initialAccess: () => 'allowed',
};

const NO_OUTBOX: Outbox = {
  send: () => Promise.reject(new Error('this test sends no mail')),
  wasSent: () => Promise.resolve(false),
};

export interface TestDeviceOptions {
  readonly id?: string;
  readonly version?: ProtocolVersion;
  readonly policies?: Policies;
  readonly limits?: Partial<CommandLimits>;
  readonly outbox?: Outbox;
  readonly directory?: Directory | undefined;
  readonly certificates?: CertificateCheck;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Told of every reply. */
  readonly onReply?: (command: CommandName, reply: Reply) => void;
}

export interface PostExtra {
  readonly again?: boolean;
  readonly parameters?: Partial<RequestParameters>;
  /** The body of SendMail and its kin at 12.1. */
  readonly mime?: string;
  /** The device hangs up. */
  readonly signal?: AbortSignal;
}

/** What the door would send. */
export interface Reply {
  /** The document as a transcript; `''` for an empty body, `HTTP 449` for a mere status, `WAIT` for a wait. */
  readonly xml: string;
  readonly document: Element | undefined;
  readonly result: CommandResult;
}

export class TestDevice {
  readonly id: string;
  readonly version: ProtocolVersion;
  policyKey: string | undefined;
  readonly #user: UserSync;
  readonly #options: TestDeviceOptions;

  constructor(user: UserSync, options: TestDeviceOptions = {}) {
    this.id = options.id ?? 'phone1';
    this.version = options.version ?? '16.1';
    this.#user = user;
    this.#options = options;
  }

  /** Without `body`: an empty one. */
  async post(command: CommandName, body?: string | Element, extra: PostExtra = {}): Promise<Reply> {
    const document = typeof body === 'string' ? parse(body) : body;
    const result = await dispatch(
      {
        command,
        version: this.version,
        parameters: { saveInSent: false, acceptMultiPart: false, ...extra.parameters },
        deviceType: 'TestPhone',
        userAgent: 'TestPhone/1.0',
        policyKey: this.policyKey,
        document,
        body: extra.mime === undefined ? new Uint8Array() : Buffer.from(extra.mime),
        again: extra.again ?? false,
      },
      { ...this.#context(), ...(extra.signal && { signal: extra.signal }) },
    );
    const reply = replyOf(result);
    this.#options.onReply?.(command, reply);
    return reply;
  }

  #context(): CommandContext {
    const { policies = OPEN, limits, outbox = NO_OUTBOX, clock = systemClock, log = silentLog } = this.#options;
    const { directory, certificates } = this.#options;
    return {
      user: this.#user,
      device: this.#user.device(this.id),
      policies,
      outbox,
      directory,
      certificates,
      limits: { ...LIMITS, ...limits },
      clock,
      random: systemRandom,
      log,
    };
  }
}

export function replyOf(result: CommandResult): Reply {
  switch (result.kind) {
    case 'document':
      return { xml: print(result.document), document: result.document, result };
    case 'empty':
      return { xml: '', document: undefined, result };
    case 'bytes':
      return { xml: result.contentType, document: undefined, result };
    case 'http':
      return { xml: `HTTP ${result.status}`, document: undefined, result };
    case 'wait':
      return { xml: 'WAIT', document: undefined, result };
  }
}

/** The wait of a reply; fails the test if it is an answer. */
export function waitOf(reply: Reply): Wait {
  if (reply.result.kind !== 'wait') throw new Error(`expected a wait, got ${reply.xml}`);
  return reply.result;
}

export const answerXml = (answer: Answer): string => replyOf(answer).xml;
