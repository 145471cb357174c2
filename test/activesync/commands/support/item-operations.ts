// What ItemOperations requests are made of, and where the answers have what is asked of them (MS-ASCMD 2.2.1.10).
import { child, children, type Element, text } from '../../../../lib/activesync/index.ts';
import type { Reply } from './test-device.ts';

export const responses = (reply: Reply): readonly Element[] =>
  children(child(reply.document, 'ItemOperations:Response'));
export const statuses = (reply: Reply): readonly (string | undefined)[] =>
  responses(reply).map((it) => text(it, 'ItemOperations:Status'));
export const propertiesOf = (reply: Reply, index = 0): Element | undefined =>
  child(responses(reply)[index], 'ItemOperations:Properties');
export const fetchItem = (serverId: string, options = ''): string =>
  `<Fetch><Store>Mailbox</Store><airsync:CollectionId>${serverId.split(':')[0]}</airsync:CollectionId>` +
  `<airsync:ServerId>${serverId}</airsync:ServerId>${options && `<Options>${options}</Options>`}</Fetch>`;
export const body = (type: number, size?: number): string =>
  `<airsyncbase:BodyPreference><airsyncbase:Type>${type}</airsyncbase:Type>${size === undefined ? '' : `<airsyncbase:TruncationSize>${size}</airsyncbase:TruncationSize>`}</airsyncbase:BodyPreference>`;
export const fetchFile = (reference: string, options = ''): string =>
  `<Fetch><Store>Mailbox</Store><airsyncbase:FileReference>${reference}</airsyncbase:FileReference>${options && `<Options>${options}</Options>`}</Fetch>`;
