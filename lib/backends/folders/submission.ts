/** Mail that a user sends: copies for users of ours, the rest to the relay, where there is one. */
import { readFile } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import { type Clock, type Log, type Random, reasonOf } from '../../platform/index.ts';
import type { Account, Envelope } from '../backend.ts';
import { BackendError } from '../errors.ts';
import { composeBounce, type Failure } from './bounce.ts';
import { diskError } from './errors.ts';
import { withCrlf } from './line-breaks.ts';

const RELAY_TIMEOUT_MS = 30_000;

/** Where mail for other domains goes. */
export interface RelayOptions {
  readonly host: string;
  readonly port: number;
  /** `implicit` is TLS from the first byte; `starttls`, the default, refuses to go on without; `off` is for loopback. */
  readonly tls?: 'implicit' | 'starttls' | 'off';
  /** Default true. */
  readonly verifyCertificate?: boolean;
  /** The authorities to trust, in PEM. */
  readonly caFile?: string | undefined;
  /** Without it nobody signs in. */
  readonly userName?: string | undefined;
  readonly password?: string | undefined;
}

/** What submission needs of the mail system. */
export interface PostOffice {
  readonly relay: RelayOptions | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  resolve(address: string): Promise<{ readonly account: Account | undefined; readonly isLocal: boolean }>;
  deliver(account: Account, message: Uint8Array, envelope: { from: string; to: string }): Promise<void>;
}

/**
 * All or nothing, as far as can be told beforehand: an unknown user of ours, or another domain without a relay, rejects the
 * whole message before anybody gets it. What a relay refuses only for some comes back as a notice.
 */
export async function submit(
  office: PostOffice,
  sender: Account,
  envelope: Envelope,
  message: Uint8Array,
): Promise<void> {
  const { locals, foreign } = await route(office, sender, envelope);
  const failures = foreign.length > 0 ? await relay(office.relay as RelayOptions, envelope.from, foreign, message) : [];
  for (const [to, account] of locals) await office.deliver(account, message, { from: envelope.from, to });
  if (failures.length === 0) return;
  office.log.warn({ user: sender.user, failures: failures.length }, 'the relay refused some recipients');
  const notice = composeBounce(envelope.from, failures, message, new Date(office.clock.now()), office.random);
  await office.deliver(sender, notice, { from: '', to: envelope.from });
}

async function route(
  office: PostOffice,
  sender: Account,
  envelope: Envelope,
): Promise<{ readonly locals: ReadonlyMap<string, Account>; readonly foreign: readonly string[] }> {
  const own = sender.addresses.some((address) => address.toLowerCase() === envelope.from.trim().toLowerCase());
  if (!own) throw rejected(`${envelope.from} is not an address of ${sender.user}`, 'Send from an address of your own.');
  if (envelope.to.length === 0) throw rejected('it has no recipients', 'Add a recipient.');
  const locals = new Map<string, Account>();
  const reached = new Set<string>();
  const foreign: string[] = [];
  const unknown: string[] = [];
  for (const address of envelope.to) {
    const { account, isLocal } = await office.resolve(address);
    if (account) {
      // Two addresses of one user get one copy.
      if (!reached.has(account.user)) locals.set(address, account);
      reached.add(account.user);
    } else if (isLocal || !/^[^\s@<>]+@[^\s@<>]+$/.test(address)) unknown.push(address);
    else foreign.push(address);
  }
  if (unknown.length > 0) throw rejected(`there is no ${unknown.join(', ')}`, 'Correct the address.');
  if (foreign.length > 0 && !office.relay) {
    const remedy = 'Send to users of this server, or configure a relay for other domains.';
    throw rejected(`mail to other domains (${foreign.join(', ')}) has no way out: no relay is configured`, remedy);
  }
  return { locals, foreign };
}

/** The recipients that the relay refused for good, if it took the message for others. */
async function relay(
  options: RelayOptions,
  from: string,
  to: readonly string[],
  message: Uint8Array,
): Promise<readonly Failure[]> {
  const { host, port, tls = 'starttls', verifyCertificate = true, caFile, userName, password = '' } = options;
  const ca = caFile === undefined ? {} : { ca: await readCertificates(caFile) };
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'off',
    tls: { rejectUnauthorized: verifyCertificate, ...ca },
    ...(userName === undefined ? {} : { auth: { user: userName, pass: password } }),
    connectionTimeout: RELAY_TIMEOUT_MS,
    greetingTimeout: RELAY_TIMEOUT_MS,
    socketTimeout: RELAY_TIMEOUT_MS,
  });
  try {
    const raw = withCrlf(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
    const sent = await transport.sendMail({ envelope: { from, to: [...to] }, raw });
    const reasons = new Map(
      (sent.rejectedErrors ?? []).map((error) => [(error as { recipient?: string }).recipient ?? '', error.message]),
    );
    return sent.rejected.map((recipient) => ({
      recipient,
      reason: reasons.get(recipient) ?? 'refused by the relay',
    }));
  } catch (error) {
    const status = (error as { responseCode?: number }).responseCode ?? 0;
    if (status >= 500 && status !== 530 && status !== 535)
      throw rejected(reasonOf(error), 'Look at what the relay says.', error);
    throw new BackendError('unavailable', `the relay ${host}:${port} did not take the message`, {
      why: reasonOf(error),
      remedy: 'It is worth trying again; look at the relay if that does not help.',
      cause: error,
    });
  } finally {
    transport.close();
  }
}

async function readCertificates(caFile: string): Promise<string> {
  try {
    return await readFile(caFile, 'utf8');
  } catch (error) {
    throw diskError(`the certificates of the relay cannot be read from ${caFile}`, error);
  }
}

function rejected(why: string, remedy: string, cause?: unknown): BackendError {
  return new BackendError('rejected', 'the message cannot be sent', { why, remedy, cause });
}
