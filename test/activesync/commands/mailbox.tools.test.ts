// A whole day of a phone over the real parts and realistic mail, at every version: each answer by Microsoft's schemas.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTOCOL_VERSIONS, type ProtocolVersion, readWbxml, writeWbxml } from '../../../lib/activesync/index.ts';
import { seedMessages } from '../../../lib/backends/folders/seed/mail.ts';
import { pretty, ResponseSchemas, schemasLeftOut } from '../../support/schemas.ts';
import { Standalone } from '../../support/standalone.ts';
import { commands, fetch, markRead, Phone, remove } from './support/phone.ts';
import type { Reply } from './support/test-device.ts';

const title = 'answers about real mail, by the response schemas';

/** How devices ask for bodies: nothing, text with a preview, HTML cut short, MIME. */
const BODIES: readonly string[] = [
  '',
  preference(
    1,
    '<airsyncbase:TruncationSize>200</airsyncbase:TruncationSize>',
    '<airsyncbase:Preview>100</airsyncbase:Preview>',
  ),
  preference(2, '<airsyncbase:TruncationSize>500</airsyncbase:TruncationSize>'),
  `<Options><MIMESupport>2</MIMESupport><airsyncbase:BodyPreference><airsyncbase:Type>4</airsyncbase:Type>
    </airsyncbase:BodyPreference></Options>`,
];

function preference(type: number, ...rest: string[]): string {
  return `<Options><FilterType>0</FilterType><airsyncbase:BodyPreference><airsyncbase:Type>${type}</airsyncbase:Type>${rest.join(
    '',
  )}</airsyncbase:BodyPreference></Options>`;
}

describe.skipIf(schemasLeftOut !== undefined)(
  schemasLeftOut === undefined ? title : `${title}: ${schemasLeftOut}`,
  () => {
    let schemas: ResponseSchemas;
    let standalone: Standalone;
    beforeAll(async () => {
      schemas = new ResponseSchemas();
      standalone = await Standalone.start();
      for (const { raw } of seedMessages(new Date())) await standalone.putRaw(raw);
    });
    afterAll(async () => {
      schemas?.close();
      await standalone?.stop();
    });

    it.each(PROTOCOL_VERSIONS.flatMap((version) => BODIES.map((body, at) => [version, at, body] as const)))(
      'are valid at %s, bodies of kind %i',
      async (version, kind, options) => {
        const replies: Reply[] = [];
        const phone = await Phone.of(standalone, {
          id: `phone${version.replace('.', '')}${kind}`,
          version,
          onReply: (_command, reply) => replies.push(reply),
        });
        await day(phone, options);
        const documents = replies.flatMap((it) => (it.document ? [it.document] : []));
        expect(documents.length).toBeGreaterThan(8);
        for (const document of documents) valid(schemas, document, version);
      },
    );
  },
);

async function day(phone: Phone, options: string): Promise<void> {
  const folders = await phone.folderSync();
  const inbox = [...folders].find(([name]) => /^inbox$/i.test(name))?.[1] ?? '';
  const mail = await phone.syncAll(inbox, options);
  expect(mail.size).toBeGreaterThan(10);
  const [first = '', second = ''] = mail.keys();
  await phone.sync(inbox, commands(markRead(first), fetch(second), fetch('1:99999'), remove('1:99999')));
  await phone.sync(inbox, commands(markRead(first, 0)));
  await phone.syncWith('{nothing}1', inbox);
  await phone.device.post(
    'Ping',
    `<Ping><HeartbeatInterval>1</HeartbeatInterval><Folders><Folder><Id>${inbox}</Id>
    <Class>Email</Class></Folder></Folders></Ping>`,
  );
  await phone.device.post(
    'GetItemEstimate',
    `<GetItemEstimate><Collections><Collection><airsync:SyncKey>${phone.keys.get(
      inbox,
    )}</airsync:SyncKey><CollectionId>${inbox}</CollectionId></Collection></Collections></GetItemEstimate>`,
  );
  await phone.device.post(
    'MoveItems',
    `<MoveItems><Move><SrcMsgId>1:99999</SrcMsgId><SrcFldId>${inbox}</SrcFldId>
    <DstFldId>4711</DstFldId></Move></MoveItems>`,
  );
  await phone.folderSync();
}

function valid(schemas: ResponseSchemas, document: NonNullable<Reply['document']>, version: ProtocolVersion): void {
  const sent = readWbxml(writeWbxml(document));
  const complaints = schemas.complaints(sent, version);
  expect(complaints, complaints.length > 0 ? pretty(sent).slice(0, 4000) : '').toEqual([]);
}
