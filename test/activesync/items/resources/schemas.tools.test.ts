/** Every resource of the corpus, as every version has it, against the schemas of the responses. */
import { afterAll, describe, expect, it } from 'vitest';
import { type Element, element } from '../../../../lib/activesync/protocol/index.ts';
import { ResponseSchemas, schemasLeftOut } from '../../../support/schemas.ts';
import { EVERYTHING } from './calendar-samples.ts';
import { CORPUS_FILES, rendered, VERSIONS } from './support.ts';

const FILES = [...CORPUS_FILES, ...EVERYTHING.map((source) => ({ itemClass: 'Calendar' as const, source }))];
const HTML = [{ type: 2, truncationSize: 40, allOrNone: false, preview: 20 }] as const;

/** The schema knows nobody who works elsewhere (MS-ASCAL_R138 does), and has no zone-less whole days to object to. */
const IN_SCHEMA = (it: Element): Element =>
  it.tag === 'Calendar:BusyStatus' && it.content === '4' ? element(it.tag, 2) : it;

describe.skipIf(schemasLeftOut !== undefined)(`rendered resources are valid ${schemasLeftOut ?? ''}`, () => {
  const schemas = schemasLeftOut === undefined ? new ResponseSchemas() : undefined;
  afterAll(() => schemas?.close());

  const items = (version: (typeof VERSIONS)[number]) =>
    FILES.flatMap(({ itemClass, source }) =>
      [[], HTML].map((bodies) =>
        (rendered(itemClass, source, { version, bodies }).content as readonly Element[]).map(IN_SCHEMA),
      ),
    );

  it.each(VERSIONS)(
    'MS-ASCAL_R14, MS-ASCAL_R538, MS-ASCNTC_R4, MS-ASCNTC_R493, MS-ASCNTC_R494, MS-ASTASK_R3, MS-ASTASK_R368, MS-ASTASK_R438, MS-ASNOTE_R3, MS-ASNOTE_R126, MS-ASNOTE_R210: in the Add and Change of a Sync at %s',
    (version) => {
      const data = items(version).map((it, index) => [
        element('AirSync:ServerId', `5:${index}`),
        element('AirSync:ApplicationData', it),
      ]);
      const document = element(
        'AirSync:Sync',
        element(
          'AirSync:Collections',
          element(
            'AirSync:Collection',
            element('AirSync:SyncKey', '1'),
            element('AirSync:CollectionId', '5'),
            element('AirSync:Status', 1),
            element(
              'AirSync:Commands',
              data.map((it) => element('AirSync:Add', it)),
              data.map((it) => element('AirSync:Change', it)),
            ),
          ),
        ),
      );
      expect(schemas?.complaints(document, version)).toEqual([]);
    },
  );

  it.each(VERSIONS)(
    'MS-ASCAL_R529, MS-ASCAL_R531, MS-ASCNTC_R486, MS-ASNOTE_R104: in the Properties of an ItemOperations at %s',
    (version) => {
      const document = element(
        'ItemOperations:ItemOperations',
        element('ItemOperations:Status', 1),
        element(
          'ItemOperations:Response',
          items(version).map((it, index) =>
            element(
              'ItemOperations:Fetch',
              element('ItemOperations:Status', 1),
              element('AirSync:CollectionId', '5'),
              element('AirSync:ServerId', `5:${index}`),
              element('ItemOperations:Properties', it),
            ),
          ),
        ),
      );
      expect(schemas?.complaints(document, version)).toEqual([]);
    },
  );
});
