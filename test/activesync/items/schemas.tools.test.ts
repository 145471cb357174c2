/** Every message of the corpus, as every version and command has it, against the schemas of the responses. */
import { afterAll, describe, expect, it } from 'vitest';
import { type Element, element } from '../../../lib/activesync/protocol/index.ts';
import { ResponseSchemas, schemasLeftOut } from '../../support/schemas.ts';
import { CORPUS_NAMES, corpus, preference, rendered, VERSIONS } from './support.ts';

const FLAGS = [
  '\\Answered',
  '\\Flagged',
  'Work',
  '$CvFlag-D.mm2sqtc0.mm2sqtc0.mm2sqtc0.mm2sqtc0',
  '$CvFlag-R.1.mm2sqtc0',
];
const COMPLETE = ['\\Draft', '$CvFlag-C.mm2sqtc0.mm2sqtc0'];

describe.skipIf(schemasLeftOut !== undefined)(`rendered messages are valid ${schemasLeftOut ?? ''}`, () => {
  const schemas = schemasLeftOut === undefined ? new ResponseSchemas() : undefined;
  afterAll(() => schemas?.close());

  const complaints = (document: Element, version: (typeof VERSIONS)[number]) => schemas?.complaints(document, version);
  const items = (version: (typeof VERSIONS)[number]): readonly (readonly Element[])[] =>
    CORPUS_NAMES.flatMap((name) => [
      rendered(corpus(name), {
        version,
        flags: FLAGS,
        options: { bodies: [preference(2, 200, false, 50)], bodyParts: [preference(2, 100, false, 20)] },
      }),
      rendered(corpus(name), {
        version,
        flags: COMPLETE,
        options: { mimeSupport: 1, bodies: [preference(4), preference(1, 20, true)] },
      }),
    ]).map((it) => it.content as readonly Element[]);

  it.each(VERSIONS)('MS-ASEMAIL_R71: in a Sync at %s', (version) => {
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
            items(version).map((it, i) =>
              element('AirSync:Add', element('AirSync:ServerId', `5:${i}`), element('AirSync:ApplicationData', it)),
            ),
            CORPUS_NAMES.map((name, i) =>
              element(
                'AirSync:Change',
                element('AirSync:ServerId', `5:${i}`),
                element(
                  'AirSync:ApplicationData',
                  rendered(corpus(name), { version, flags: FLAGS, purpose: 'change' }).content as readonly Element[],
                ),
              ),
            ),
          ),
        ),
      ),
    );
    expect(complaints(document, version)).toEqual([]);
  });

  it.each(VERSIONS)('MS-ASEMAIL_R62: in an ItemOperations at %s', (version) => {
    const document = element(
      'ItemOperations:ItemOperations',
      element('ItemOperations:Status', 1),
      element(
        'ItemOperations:Response',
        items(version).map((it, i) =>
          element(
            'ItemOperations:Fetch',
            element('ItemOperations:Status', 1),
            element('AirSync:CollectionId', '5'),
            element('AirSync:ServerId', `5:${i}`),
            element('AirSync:Class', 'Email'),
            element('ItemOperations:Properties', it),
          ),
        ),
      ),
    );
    expect(complaints(document, version)).toEqual([]);
  });

  it.each(VERSIONS)('MS-ASEMAIL_R67: in a Search at %s', (version) => {
    const document = element(
      'Search:Search',
      element('Search:Status', 1),
      element(
        'Search:Response',
        element(
          'Search:Store',
          element('Search:Status', 1),
          items(version).map((it, i) =>
            element(
              'Search:Result',
              element('AirSync:Class', 'Email'),
              element('Search:LongId', `l${i}`),
              element('AirSync:CollectionId', '5'),
              element('Search:Properties', it),
            ),
          ),
          element('Search:Range', '0-99'),
          element('Search:Total', 100),
        ),
      ),
    );
    expect(complaints(document, version)).toEqual([]);
  });
});
