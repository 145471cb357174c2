/**
 * ItemOperations (MS-ASCMD 2.2.1.10): fetches, emptied folders and moved conversations in one request. Operations are
 * carried out in the order asked; each has a status of its own.
 */
import {
  atLeast,
  children,
  type Element,
  element,
  ItemOperationsStatus,
  MULTIPART_CONTENT_TYPE,
  type ProtocolVersion,
  type TagName,
  writeMultipart,
  writeWbxml,
} from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { emptyFolderContents } from './item-operations-empty.ts';
import { fetchItems } from './item-operations-fetch.ts';
import { moveConversation } from './item-operations-move.ts';
import { inlineDelivery, multipartDelivery, type Delivery } from './item-delivery.ts';

/** The order of their answers in the schema. */
const OPERATIONS: readonly TagName[] = [
  'ItemOperations:Move',
  'ItemOperations:EmptyFolderContents',
  'ItemOperations:Fetch',
];

export async function itemOperations(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const operations = children(request.document);
  if (operations.length === 0 || operations.some((it) => !isKnown(it, request.version))) {
    return inline(root(ItemOperationsStatus.protocolError));
  }
  if (!request.parameters.acceptMultiPart) return inline(await run(operations, request, context, inlineDelivery));

  const parts: Uint8Array[] = [];
  const document = await run(operations, request, context, multipartDelivery(parts));
  const pieces = writeMultipart([writeWbxml(document), ...parts]);
  return { kind: 'bytes', contentType: MULTIPART_CONTENT_TYPE, bytes: Buffer.concat(pieces) };
}

async function run(
  operations: readonly Element[],
  request: CommandRequest,
  context: CommandContext,
  delivery: Delivery,
): Promise<Element> {
  const answers: Element[] = [];
  for (const group of consecutive(operations)) {
    const [first] = group;
    context.signal?.throwIfAborted();
    if (first?.tag === 'ItemOperations:Fetch') answers.push(...(await fetchItems(group, request, context, delivery)));
    else {
      for (const it of group) {
        const isMove = it.tag === 'ItemOperations:Move';
        answers.push(await (isMove ? moveConversation(it, context) : emptyFolderContents(it, context)));
      }
    }
  }
  return root(
    ItemOperationsStatus.success,
    element(
      'ItemOperations:Response',
      OPERATIONS.flatMap((tag) => answers.filter((it) => it.tag === tag)),
    ),
  );
}

/** R6842: 12.1 has no conversations. */
const isKnown = ({ tag }: Element, version: ProtocolVersion): boolean =>
  OPERATIONS.includes(tag) && (tag !== 'ItemOperations:Move' || atLeast(version, '14.0'));

/** Runs of the same operation: fetches that follow each other go to the mail system together. */
function consecutive(operations: readonly Element[]): readonly (readonly Element[])[] {
  const groups: Element[][] = [];
  for (const it of operations) {
    const last = groups.at(-1);
    if (last?.[0]?.tag === it.tag) last.push(it);
    else groups.push([it]);
  }
  return groups;
}

const inline = (document: Element): Answer => ({ kind: 'document', document });

const root = (status: number, response?: Element): Element =>
  element('ItemOperations:ItemOperations', element('ItemOperations:Status', status), response);
