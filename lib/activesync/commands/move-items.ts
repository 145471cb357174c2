/** MoveItems (MS-ASCMD 2.2.1.12): each move on its own; success is 3. */
import { BackendError } from '../../backends/index.ts';
import type { MoveResult } from '../../sync/index.ts';
import {
  children,
  CommonStatus,
  type Element,
  element,
  MalformedValue,
  MoveItemsStatus,
  text,
} from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { malformedAnswer } from './failures.ts';
import { refusal } from './refusal.ts';

/** MS-ASCMD 3.1.5.10 */
const MAX_MOVES = 1000;
const MAX_ID_CHARACTERS = 64;

const FAILURES: Readonly<Record<Extract<MoveResult, { kind: 'refused' }>['reason'], number>> = {
  'invalid-source': MoveItemsStatus.invalidSource,
  'invalid-target': MoveItemsStatus.invalidDestination,
  'same-folder': MoveItemsStatus.sameSourceAndDestination,
  failed: MoveItemsStatus.locked,
};

interface Move {
  readonly item: string;
  readonly source: string;
  /** More than one is a failure of its own. */
  readonly targets: readonly string[];
}

export async function moveItems(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const moves = children(request.document, 'Move:Move').map(readMove);
  if (moves.length === 0) return malformedAnswer('MoveItems', request.version);
  if (moves.length > MAX_MOVES) return refusal('MoveItems', request.version, CommonStatus.invalidXml);
  const responses: Element[] = [];
  for (const move of moves) responses.push(await response(move, context));
  return { kind: 'document', document: element('Move:MoveItems', responses) };
}

async function response({ item, source, targets }: Move, context: CommandContext): Promise<Element> {
  const [target = '', another] = targets;
  if (another !== undefined) return failed(item, MoveItemsStatus.failed);
  if (source === target) return failed(item, MoveItemsStatus.sameSourceAndDestination);
  const result = await moveOne(item, source, target, context);
  if (result.kind === 'refused') return failed(item, FAILURES[result.reason]);
  return element(
    'Move:Response',
    element('Move:SrcMsgId', item),
    element('Move:Status', MoveItemsStatus.success),
    element('Move:DstMsgId', result.serverId),
  );
}

/** A mail system that fails at one move must not hide what became of those before it. */
async function moveOne(item: string, source: string, target: string, context: CommandContext): Promise<MoveResult> {
  try {
    return await context.device.move(item, source, target);
  } catch (thrown) {
    if (!(thrown instanceof BackendError) || thrown.code === 'rejected-credentials') throw thrown;
    context.log.warn({ item, error: thrown }, 'An item could not be moved');
    return { kind: 'refused', reason: 'failed' };
  }
}

const failed = (item: string, status: number): Element =>
  element('Move:Response', element('Move:SrcMsgId', item), element('Move:Status', status));

function readMove(move: Element): Move {
  const item = text(move, 'Move:SrcMsgId') ?? '';
  if (item === '' || item.length > MAX_ID_CHARACTERS) {
    throw new MalformedValue('Move:SrcMsgId', item, `1 to ${MAX_ID_CHARACTERS} characters`);
  }
  const source = text(move, 'Move:SrcFldId') ?? '';
  const targets = children(move, 'Move:DstFldId').map((it) => (typeof it.content === 'string' ? it.content : ''));
  return { item, source, targets };
}
