/** Provision in its two phases (MS-ASPROV 3.1.5.1), as a device that applies whatever it is told. */
import {
  atLeast,
  child,
  type Element,
  element,
  integer,
  PolicyAcknowledgement,
  PolicyStatus,
  type ProtocolVersion,
  ProvisionStatus,
  RemoteWipeStatus,
  text,
} from '../protocol/index.ts';
import { failureOf, statusFailure } from './answer-failure.ts';
import { elementsAt, rootStatus } from './answer-status.ts';
import { type DeviceInformation, deviceInformation } from './device-information.ts';
import { newDeviceState } from './device-state.ts';
import { ClientError } from './errors.ts';
import type { ExchangeResponse } from './exchange.ts';
import type { DeviceSession } from './session.ts';

const POLICY_TYPE = 'MS-EAS-Provisioning-WBXML';

/** The policy that is now in force: its settings by tag name; undefined where the server has none for this user. */
export type AppliedPolicy = Readonly<Record<string, string>> | undefined;

/** Gets the policy, acknowledges it, and keeps the key. Throws ClientError: `wiped`, `provisioning-failed`. */
export async function provision(
  session: DeviceSession,
  information: DeviceInformation,
  signal?: AbortSignal,
): Promise<AppliedPolicy> {
  const version = await session.version(signal);
  // The first phase carries no key (MS-ASPROV 2.2.2.42).
  const offer = await phase(session, version, undefined, requestFor(version, information), signal);
  if (child(offer, 'Provision:RemoteWipe') ?? child(offer, 'Provision:AccountOnlyRemoteWipe')) {
    return acknowledgeWipe(session, version, offer, signal);
  }
  const policy = policyOf(offer);
  if (policy === undefined || integer(policy, 'Provision:Status') === PolicyStatus.noPolicy) {
    delete session.state.policyKey;
    return undefined;
  }
  const temporaryKey = keyOf(policy);
  const acknowledged = policyOf(await phase(session, version, temporaryKey, acknowledgement(temporaryKey), signal));
  session.state.policyKey = keyOf(acknowledged);
  session.log.info({}, 'The policy is applied and acknowledged');
  return settingsOf(policy);
}

function requestFor(version: ProtocolVersion, information: DeviceInformation): Element {
  return element(
    'Provision:Provision',
    // Required from 14.1 on (MS-ASPROV 3.1.5.1.1).
    atLeast(version, '14.1') && deviceInformation(information),
    element('Provision:Policies', element('Provision:Policy', element('Provision:PolicyType', POLICY_TYPE))),
  );
}

const acknowledgement = (policyKey: string): Element =>
  element(
    'Provision:Provision',
    element(
      'Provision:Policies',
      element(
        'Provision:Policy',
        element('Provision:PolicyType', POLICY_TYPE),
        element('Provision:PolicyKey', policyKey),
        element('Provision:Status', PolicyAcknowledgement.success),
      ),
    ),
  );

async function acknowledgeWipe(
  session: DeviceSession,
  version: ProtocolVersion,
  offer: Element | undefined,
  signal?: AbortSignal,
): Promise<never> {
  const tag = child(offer, 'Provision:RemoteWipe') ? 'Provision:RemoteWipe' : 'Provision:AccountOnlyRemoteWipe';
  const document = element('Provision:Provision', element(tag, element('Provision:Status', RemoteWipeStatus.success)));
  await phase(session, version, session.state.policyKey, document, signal);
  const { state } = session;
  Object.assign(state, newDeviceState());
  delete state.policyKey;
  throw new ClientError('wiped', 'The server had this device wiped', {
    command: 'Provision',
    why: tag === 'Provision:RemoteWipe' ? 'all its data' : 'this account alone',
    remedy: 'Those who run the server decide whether the device may come back',
  });
}

async function phase(
  session: DeviceSession,
  version: ProtocolVersion,
  policyKey: string | undefined,
  document: Element,
  signal: AbortSignal | undefined,
): Promise<Element | undefined> {
  const response: ExchangeResponse = await session.send('Provision', version, policyKey, { document, signal });
  if (response.status !== 200) throw failureOf('Provision', response);
  const status = rootStatus(response.document);
  if (status !== ProvisionStatus.success) throw statusFailure('Provision', status ?? 0);
  return response.document;
}

const policyOf = (document: Element | undefined): Element | undefined =>
  elementsAt(document, 'Provision:Policies', 'Provision:Policy')[0];

function keyOf(policy: Element | undefined): string {
  const status = integer(policy, 'Provision:Status');
  const key = text(policy, 'Provision:PolicyKey');
  if (status === PolicyStatus.success && key !== undefined) return key;
  throw new ClientError('provisioning-failed', 'The server gives this device no policy key', {
    command: 'Provision',
    status,
    remedy: 'Check the policy of this user on the server',
  });
}

function settingsOf(policy: Element): Readonly<Record<string, string>> {
  const settings = elementsAt(policy, 'Provision:Data', 'Provision:EASProvisionDoc')[0];
  const children =
    typeof settings?.content === 'object' && !(settings.content instanceof Uint8Array) ? settings.content : [];
  return Object.fromEntries(
    children.map((it) => [it.tag.slice(it.tag.indexOf(':') + 1), text(settings, it.tag) ?? '']),
  );
}
