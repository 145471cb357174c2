/** Looks at a device's exchanges for what must never be: that it has to begin again. */
import type { DeviceClientOptions, ExchangeResponse, SentRequest } from '../../../lib/activesync/client/index.ts';
import { child, children, type Element, text } from '../../../lib/activesync/index.ts';

/**
 * Puts into `found` every answer that made the device begin again, and every key 0 that was not a collection's first:
 * `ada: Sync: …`. `isKnown`: the device has synced before.
 */
export function watchResyncs(
  user: string,
  isKnown: boolean,
  found: string[],
): NonNullable<DeviceClientOptions['onExchange']> {
  const begun = new Map<string, number>();
  return (request: SentRequest, { document }: ExchangeResponse) => {
    const say = (what: string) => found.push(`${user}: ${request.command}: ${what}`);
    if (request.command === 'FolderSync' && text(document, 'FolderHierarchy:Status') === '9') say('Status 9');
    if (request.command !== 'Sync') return;
    for (const it of collectionsOf(request.document)) {
      const id = text(it, 'AirSync:CollectionId') ?? '';
      if (text(it, 'AirSync:SyncKey') !== '0') continue;
      const count = (begun.get(id) ?? (isKnown ? 1 : 0)) + 1;
      begun.set(id, count);
      if (count > 1) say(`key 0 again for ${id}`);
    }
    for (const it of collectionsOf(document)) {
      const status = text(it, 'AirSync:Status') ?? '1';
      if (status === '3' || status === '12') say(`Status ${status} for ${text(it, 'AirSync:CollectionId')}`);
    }
  };
}

const collectionsOf = (document: Element | undefined): readonly Element[] =>
  children(child(document, 'AirSync:Collections'), 'AirSync:Collection');
