/** A phone that does not give up whatever happens to its pool, and tells of all that it went through. */
import { DeviceClient } from '../../../../lib/activesync/client/index.ts';
import { passwordOf } from '../../../support/pool/test-pool.ts';
import { type Hardships, persistentTransport } from '../../support/persistent-transport.ts';
import { watchResyncs } from '../../support/resyncs.ts';

/** Of everything but what may wait. */
const ATTEMPT_MS = 15_000;
const MAY_WAIT: readonly string[] = ['Ping', 'Sync'];
const PATIENCE_MS = 150_000;

export interface PoolPhoneOptions {
  /** Of the pool's door. */
  readonly url: string;
  readonly user: string;
  readonly deviceId: string;
  readonly hardships: Hardships;
  /** Told of all that makes the device begin again. */
  readonly resyncs: string[];
  /** Told of every attempt that had no answer of a server. */
  readonly onTrouble: (command: string, what: string) => void;
}

export function poolPhone({ url, user, deviceId, hardships, resyncs, onTrouble }: PoolPhoneOptions): DeviceClient {
  return new DeviceClient({
    url,
    user,
    password: passwordOf(user),
    deviceId,
    deviceType: 'TestPhone',
    version: '16.1',
    transport: persistentTransport(hardships, {
      // A load balancer's own answers where a server broke off or does not answer.
      again: [502, 503, 504],
      attemptMs: (request) => (MAY_WAIT.includes(commandOf(request)) ? request.timeoutMs : ATTEMPT_MS),
      limitMs: PATIENCE_MS,
      pauseMs: 250,
      onHardship: (request, what) => onTrouble(commandOf(request), what),
    }),
    retry: { attempts: 1, maxRetryAfterSeconds: 0 },
    onExchange: watchResyncs(user, false, resyncs),
  });
}

const commandOf = ({ url }: { readonly url: string }): string => new URL(url).searchParams.get('Cmd') ?? '';
