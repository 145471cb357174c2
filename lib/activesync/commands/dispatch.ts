/** From a request to the command that answers it: who may, whether it can be understood, and what is said when it fails. */
import { BackendError } from '../../backends/index.ts';
import {
  type CommandName,
  CommonStatus,
  hasCommand,
  MalformedValue,
  type ProtocolVersion,
  rootTagOf,
} from '../protocol/index.ts';
import { refusedBy } from './admission.ts';
import type { Answer, CommandContext, CommandRequest, CommandResult } from './command.ts';
import { deviceContact } from './device-contact.ts';
import { failedAnswer, malformedAnswer } from './failures.ts';
import { refusal } from './refusal.ts';
import { COMMAND_TABLE } from './table.ts';

/** Commands whose body may be empty, or MIME, or is nothing but the query. */
const WITHOUT_DOCUMENT: readonly CommandName[] = [
  'Sync',
  'Ping',
  'SendMail',
  'SmartReply',
  'SmartForward',
  'GetAttachment',
  'GetHierarchy',
  'CreateCollection',
  'DeleteCollection',
  'MoveCollection',
];

/**
 * Runs a command. Failures of the mail system and the store come back as the command's own statuses; only rejected
 * credentials are thrown, since the door alone can ask for new ones, and why nobody needs the answer any more.
 */
export async function dispatch(request: CommandRequest, context: CommandContext): Promise<CommandResult> {
  const { command, version } = request;
  try {
    return await run(request, context);
  } catch (thrown) {
    if (thrown instanceof BackendError && thrown.code === 'rejected-credentials') throw thrown;
    if (context.signal?.aborted && thrown === context.signal.reason) throw thrown;
    if (thrown instanceof MalformedValue) {
      context.log.info({ command, error: thrown }, 'A request is malformed');
      return malformedAnswer(command, version);
    }
    context.log.error({ command, error: thrown }, 'A command failed');
    return failedAnswer(command, version, thrown);
  }
}

/** Where there is no document to say so, the command is as unknown as one that never was: 501. */
function notInThisVersion(command: CommandName, version: ProtocolVersion): Answer {
  const answer = refusal(command, version, CommonStatus.versionNotSupported);
  return answer.kind === 'http' ? { kind: 'http', status: 501 } : answer;
}

async function run(request: CommandRequest, context: CommandContext): Promise<CommandResult> {
  const { command, version, document } = request;
  if (!hasCommand(version, command)) return notInThisVersion(command, version);
  const handler = COMMAND_TABLE[command];
  if (!handler) return refusal(command, version, CommonStatus.commandNotSupported);

  const record = await deviceContact(request, context);
  if (!record) {
    context.log.info({ command }, 'A device was refused: its user has as many as are allowed');
    return refusal(command, version, CommonStatus.maximumDevicesReached);
  }
  const policy = context.policies.policyFor(context.user.account.user);
  const refused = refusedBy(command, record, policy, request.policyKey);
  if (refused !== undefined) {
    context.log.info({ command, status: refused, access: record.access, wipe: record.wipe }, 'A device was refused');
    return refusal(command, version, refused);
  }

  if (document ? document.tag !== rootTagOf(command) : !WITHOUT_DOCUMENT.includes(command)) {
    return malformedAnswer(command, version);
  }
  context.signal?.throwIfAborted();
  return handler(request, context);
}
