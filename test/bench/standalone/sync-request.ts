/** A Sync of one collection as bytes, and what of its answer is needed to go on, found without decoding it. */
import { element, writeWbxml } from '../../../lib/activesync/index.ts';

export interface SyncRequest {
  readonly collectionId: string;
  readonly syncKey: string;
  readonly windowSize?: number;
  /** Of HTML bodies. */
  readonly truncationSizeBytes?: number;
}

export function syncBody(request: SyncRequest): Uint8Array {
  const { collectionId, syncKey, windowSize, truncationSizeBytes } = request;
  const options =
    truncationSizeBytes !== undefined &&
    element(
      'AirSync:Options',
      element(
        'AirSyncBase:BodyPreference',
        element('AirSyncBase:Type', 2),
        element('AirSyncBase:TruncationSize', truncationSizeBytes),
      ),
    );
  const collection = element(
    'AirSync:Collection',
    element('AirSync:SyncKey', syncKey),
    element('AirSync:CollectionId', collectionId),
    windowSize !== undefined && element('AirSync:WindowSize', windowSize),
    options,
  );
  return writeWbxml(element('AirSync:Sync', element('AirSync:Collections', collection)));
}

/** AirSync:SyncKey with an inline string: code page 0, token 0x0B with content. */
const SYNC_KEY = Buffer.from([0x4b, 0x03]);
/** AirSync:MoreAvailable, empty, and the ends of Collection, Collections and Sync. */
const MORE_AVAILABLE = Buffer.from([0x14, 0x01, 0x01, 0x01]);

export function scanAnswer(body: Buffer): { readonly syncKey: string; readonly moreAvailable: boolean } {
  const at = body.indexOf(SYNC_KEY) + SYNC_KEY.length;
  const end = body.indexOf(0, at);
  if (at < SYNC_KEY.length || end < 0) throw new Error('the answer has no sync key');
  return {
    syncKey: body.toString('latin1', at, end),
    moreAvailable: body.subarray(-MORE_AVAILABLE.length).equals(MORE_AVAILABLE),
  };
}
