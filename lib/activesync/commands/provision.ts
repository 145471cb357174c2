/**
 * Provision (MS-ASPROV): hands out the policy under a temporary key, takes the device's word that it applies it, and
 * hands out the final key; and carries the directive to wipe, and the device's answer to it.
 */
import type { Policy } from './policies.ts';
import type { DeviceRecord } from '../../sync/index.ts';
import {
  atLeast,
  child,
  children,
  CommonStatus,
  type Element,
  element,
  PolicyStatus,
  ProvisionStatus,
  SettingsStatus,
  text,
} from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { readDeviceInformation } from './device-information.ts';
import { policyDocument } from './policy-document.ts';
import { finalPolicyKey, isForDigest, temporaryPolicyKey } from './policy-key.ts';
import { refusal } from './refusal.ts';

/** The only format of settings since 12.0 (MS-ASPROV 2.2.2.43). */
const POLICY_TYPE = 'MS-EAS-Provisioning-WBXML';

export async function provision(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const asked = request.document;
  if (asked?.tag !== 'Provision:Provision') return answer(ProvisionStatus.protocolError);

  const wipe = child(asked, 'Provision:RemoteWipe') ?? child(asked, 'Provision:AccountOnlyRemoteWipe');
  if (wipe) return acknowledgeWipe(wipe, request, context);

  const given = child(asked, 'Settings:DeviceInformation');
  const information = given && (await saveInformation(given, request, context));
  const record = await context.device.record();

  const directive = directiveFor(record, request);
  if (directive === 'not-in-this-version') {
    if (request.version === '12.1') return refusal(request.command, '12.1', CommonStatus.accessDenied);
    return answer(CommonStatus.accessDenied, information);
  }
  if (directive) {
    if (record?.wipe !== 'sent') await context.device.saveRecord({ wipe: 'sent' });
    return answer(ProvisionStatus.success, information, directive);
  }

  const policies = child(asked, 'Provision:Policies');
  if (!policies) return answer(ProvisionStatus.success, information);
  const policy = requestedPolicy(policies);
  const type = text(policy, 'Provision:PolicyType');
  if (policy === undefined || type === undefined) return answer(ProvisionStatus.protocolError, information);
  if (type !== POLICY_TYPE) return policyAnswer(PolicyStatus.unknownPolicyType, information);

  const required = context.policies.policyFor(context.user.account.user);
  if (required.requirement === 'none') return policyAnswer(PolicyStatus.noPolicy, information);
  const key = text(policy, 'Provision:PolicyKey');
  const outcome = text(policy, 'Provision:Status')?.trim();
  if (key !== undefined && outcome !== undefined) return acknowledge(key, outcome, required, record, request, context);
  // Status without a key is no download and no acknowledgement either.
  if (outcome !== undefined) return answer(ProvisionStatus.protocolError, information);

  // MS-ASPROV 2.2.2.53: at 14.1 and later the download brings DeviceInformation, unless the device told it before.
  const isTold = information !== undefined || Object.keys(record?.information ?? {}).length > 0;
  if (atLeast(request.version, '14.1') && !isTold) return answer(CommonStatus.deviceInformationRequired);
  return download(required, information, context);
}

async function download(policy: Policy, information: Element | undefined, context: CommandContext): Promise<Answer> {
  const key = temporaryPolicyKey(context.random, policy.digest);
  await context.device.saveRecord({ pendingPolicyKey: key });
  return policyAnswer(
    PolicyStatus.success,
    information,
    element('Provision:PolicyKey', key),
    element('Provision:Data', policyDocument(policy.settings)),
  );
}

/** `outcome`: 1 applied, 2 applied in part, 3 not applied, 4 managed by somebody else (MS-ASPROV 2.2.2.54.1). */
async function acknowledge(
  key: string,
  outcome: string,
  policy: Policy,
  record: DeviceRecord | undefined,
  { command, version }: CommandRequest,
  context: CommandContext,
): Promise<Answer> {
  if (!/^[1-4]$/.test(outcome)) return answer(ProvisionStatus.protocolError);
  if (key !== record?.pendingPolicyKey || !isForDigest(key, policy.digest)) {
    return policyAnswer(PolicyStatus.wrongPolicyKey);
  }
  if (outcome !== '1' && policy.requirement === 'required') {
    await context.device.saveRecord({ policyKey: undefined, pendingPolicyKey: undefined, policyDigest: undefined });
    context.log.warn({ device: record.id, outcome }, 'The device refused the policy');
    return refusal(
      command,
      version,
      outcome === '4' ? CommonStatus.externallyManagedDevicesNotAllowed : CommonStatus.deviceNotFullyProvisionable,
    );
  }
  const policyKey = finalPolicyKey(key);
  await context.device.saveRecord({ policyKey, policyDigest: policy.digest });
  return policyAnswer(PolicyStatus.success, undefined, element('Provision:PolicyKey', policyKey));
}

/**
 * Once wiped, a device is blocked until somebody allows or forgets it: what comes back under its id may be anybody. If it
 * could not wipe, it is told again (MS-ASPROV 3.2.5.1.2.2 and 3.2.5.1.2.3).
 */
async function acknowledgeWipe(wipe: Element, request: CommandRequest, context: CommandContext): Promise<Answer> {
  const record = await context.device.record();
  const outcome = text(wipe, 'Provision:Status')?.trim();
  if (record?.wipe === 'done' && outcome === '1') return answer(ProvisionStatus.success);
  const directive = directiveFor(record, request);
  if (!directive || directive === 'not-in-this-version' || (outcome !== '1' && outcome !== '2')) {
    return answer(ProvisionStatus.protocolError);
  }
  const log = context.log.child({ device: record?.id, kind: record?.wipeKind });
  if (outcome === '2') {
    log.warn({}, 'The device says that it could not wipe itself');
    return answer(ProvisionStatus.protocolError, undefined, directive);
  }
  log.info({}, 'The device says that it wiped itself');
  await context.device.saveRecord({
    wipe: 'done',
    access: 'blocked',
    policyKey: undefined,
    pendingPolicyKey: undefined,
    policyDigest: undefined,
  });
  return answer(ProvisionStatus.success);
}

/** AccountOnlyRemoteWipe exists at 16.1 alone; the whole device is never wiped in its stead. */
function directiveFor(
  record: DeviceRecord | undefined,
  request: CommandRequest,
): Element | 'not-in-this-version' | undefined {
  if (record?.wipe !== 'pending' && record?.wipe !== 'sent') return undefined;
  if (record.wipeKind !== 'account') return element('Provision:RemoteWipe');
  return atLeast(request.version, '16.1') ? element('Provision:AccountOnlyRemoteWipe') : 'not-in-this-version';
}

/** The answer has room for one policy: the first of a known type, or the first. */
function requestedPolicy(policies: Element): Element | undefined {
  const all = children(policies, 'Provision:Policy');
  return all.find((it) => text(it, 'Provision:PolicyType') === POLICY_TYPE) ?? all[0];
}

/** What the answer says of DeviceInformation, which has no place in answers before 14.1. */
async function saveInformation(
  given: Element,
  request: CommandRequest,
  context: CommandContext,
): Promise<Element | undefined> {
  if (!atLeast(request.version, '14.1')) return undefined;
  const read = readDeviceInformation(given);
  if (read.kind === 'information') await context.device.saveRecord({ information: read.information });
  const status = {
    information: SettingsStatus.success,
    malformed: SettingsStatus.protocolError,
    invalid: SettingsStatus.invalidArguments,
  }[read.kind];
  return element('Settings:DeviceInformation', element('Settings:Status', status));
}

const policyAnswer = (status: number, information?: Element, ...rest: readonly Element[]): Answer =>
  answer(
    ProvisionStatus.success,
    information,
    element(
      'Provision:Policies',
      element(
        'Provision:Policy',
        element('Provision:PolicyType', POLICY_TYPE),
        element('Provision:Status', status),
        ...rest,
      ),
    ),
  );

const answer = (status: number, information?: Element, rest?: Element): Answer => ({
  kind: 'document',
  document: element('Provision:Provision', information, element('Provision:Status', status), rest),
});
