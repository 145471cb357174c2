// The same answers as in structure.test.ts, by Microsoft's own response schemas and xmllint.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTOCOL_VERSIONS, readWbxml, writeWbxml } from '../../../lib/activesync/index.ts';
import { pretty, ResponseSchemas, schemasLeftOut } from '../../support/schemas.ts';
import { samples } from './support/samples.ts';

const title = 'answers of the commands of synchronisation, by the response schemas';

describe.skipIf(schemasLeftOut !== undefined)(
  schemasLeftOut === undefined ? title : `${title}: ${schemasLeftOut}`,
  () => {
    let schemas: ResponseSchemas;
    beforeAll(() => {
      schemas = new ResponseSchemas();
    });
    afterAll(() => schemas?.close());

    it.each(PROTOCOL_VERSIONS)('are valid at %s, after a passage through WBXML', async (version) => {
      const all = await samples(version);
      expect(all.length).toBeGreaterThan(30);
      for (const { name, document } of all) {
        const sent = readWbxml(writeWbxml(document));
        expect(schemas.complaints(sent, version), `${name}\n${pretty(sent)}`).toEqual([]);
      }
    });
  },
);
