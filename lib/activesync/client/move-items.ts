/** MoveItems. */
import { type Element, element, integer, MoveItemsStatus, text } from '../protocol/index.ts';
import { statusFailure } from './answer-failure.ts';
import { elementsAt, rootStatus } from './answer-status.ts';
import type { DeviceSession } from './session.ts';

export interface Move {
  readonly serverId: string;
  readonly sourceFolderId: string;
  readonly destinationFolderId: string;
}

export interface MoveResult {
  readonly serverId: string;
  /** Of MoveItemsStatus: success is 3. */
  readonly status: number;
  readonly newServerId: string | undefined;
}

/** Results in the order of the answer. Items that moved leave their collection in the state; a Sync brings them back elsewhere. */
export async function moveItems(session: DeviceSession, moves: readonly Move[]): Promise<readonly MoveResult[]> {
  const document = element(
    'Move:MoveItems',
    moves.map((it) =>
      element(
        'Move:Move',
        element('Move:SrcMsgId', it.serverId),
        element('Move:SrcFldId', it.sourceFolderId),
        element('Move:DstFldId', it.destinationFolderId),
      ),
    ),
  );
  const { document: answer } = await session.run('MoveItems', { document });
  const status = rootStatus(answer);
  const results = elementsAt(answer, 'Move:Response').map(resultOf);
  if (results.length === 0 && status !== undefined) throw statusFailure('MoveItems', status);
  for (const result of results) {
    const move = moves.find((it) => it.serverId === result.serverId);
    const items = move && session.state.collections[move.sourceFolderId]?.items;
    if (items && result.status === MoveItemsStatus.success) delete items[result.serverId];
  }
  return results;
}

const resultOf = (it: Element): MoveResult => ({
  serverId: text(it, 'Move:SrcMsgId') ?? '',
  status: integer(it, 'Move:Status') ?? 0,
  newServerId: text(it, 'Move:DstMsgId'),
});
