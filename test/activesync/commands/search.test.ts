// Search (MS-ASCMD 2.2.1.16) and its LongIds, on real messages in folders on disk.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { child, children, type Element, type ProtocolVersion, text, textOf } from '../../../lib/activesync/index.ts';
import { BackendError } from '../../../lib/backends/index.ts';
import { findAll } from '../../support/transcript.ts';
import { fakeUser } from './support/fake-user.ts';
import { type MailUser, startMailUser } from './support/mail-user.ts';
import { composeMail } from './support/messages.ts';
import { type Reply, TestDevice } from './support/test-device.ts';
import { TestOutbox } from './support/test-outbox.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);

let ada: MailUser;

const post = (store: string, version: ProtocolVersion = '16.1'): Promise<Reply> =>
  new TestDevice(ada.user, { version }).post('Search', `<Search>${store}</Search>`);
const mailbox = (criteria: string, options = ''): Promise<Reply> =>
  post(`<Store><Name>Mailbox</Name><Query><And>${criteria}</And></Query><Options>${options}</Options></Store>`);
const query = (inside: string): Promise<Reply> => post(`<Store><Name>Mailbox</Name><Query>${inside}</Query></Store>`);
const storeOf = (reply: Reply): Element | undefined => child(child(reply.document, 'Search:Response'), 'Search:Store');
const statusOf = (reply: Reply): string | undefined => text(storeOf(reply), 'Search:Status');
const resultsOf = (reply: Reply): readonly Element[] =>
  children(storeOf(reply), 'Search:Result').filter((it) => children(it).length > 0);
const subjectsOf = (reply: Reply): readonly (string | undefined)[] =>
  resultsOf(reply).map((it) => text(child(it, 'Search:Properties'), 'Email:Subject'));
const inFolder = (backendId: string): string =>
  `<airsync:CollectionId>${ada.folder(backendId).id}</airsync:CollectionId>`;
const free = (words: string): string => `<FreeText>${words}</FreeText>`;
const received = (comparison: 'GreaterThan' | 'LessThan', day: number): string =>
  `<${comparison}><email:DateReceived/><Value>${new Date(START + day * DAY).toISOString()}</Value></${comparison}>`;

beforeAll(async () => {
  ada = await startMailUser();
  // One message a day, the first on day 1.
  for (const [day, subject] of ['Analytical engine', 'Looms and cards', 'Engine drawings'].entries()) {
    const mail = composeMail({ subject, text: `Nothing of the kind ${subject}`, html: `<p>${subject}</p>` });
    await ada.put('INBOX', mail, [], new Date(START + (day + 1) * DAY));
  }
  await ada.put(
    'Projects',
    composeMail({ subject: 'Engine of the project', text: 'cogs' }),
    [],
    new Date(START + 4 * DAY),
  );
  await ada.put(
    'Projects.Engine',
    composeMail({ subject: 'Engine below', text: 'cogs' }),
    [],
    new Date(START + 5 * DAY),
  );
});
afterAll(() => ada.stop());

describe('A Search of the mailbox', () => {
  it('MS-ASCMD_R3880, MS-ASCMD_R2545, MS-ASCMD_R2546, MS-ASCMD_R2547, MS-ASCMD_R2548, MS-ASCMD_R2500, MS-ASCMD_R2501, MS-ASCMD_R2503, MS-ASCMD_R4315, MS-ASCMD_R4321, MS-ASCMD_R4325, MS-ASCMD_R4327, MS-ASCMD_R2747, MS-ASCMD_R2748, MS-ASCMD_R2749, MS-ASCMD_R2750: is answered with a Status, and a Store with one', async () => {
    const reply = await mailbox(free('looms'));
    expect(reply.document?.tag).toBe('Search:Search');
    expect(children(reply.document).map((it) => it.tag)).toEqual(['Search:Status', 'Search:Response']);
    expect([text(reply.document, 'Search:Status'), statusOf(reply)]).toEqual(['1', '1']);
    expect(children(child(reply.document, 'Search:Response')).map((it) => it.tag)).toEqual(['Search:Store']);
  });

  it('MS-ASCMD_R4531, MS-ASCMD_R2783, MS-ASCMD_R2784, MS-ASCMD_R2785, MS-ASCMD_R2786, MS-ASCMD_R2512, MS-ASCMD_R2515, MS-ASCMD_R3844, MS-ASCMD_R3846, MS-ASCMD_R3849: the Store has a Result a match, then range and total', async () => {
    const reply = await mailbox(free('engine') + inFolder('INBOX'));
    expect(children(storeOf(reply)).map((it) => it.tag)).toEqual([
      'Search:Status',
      'Search:Result',
      'Search:Result',
      'Search:Range',
      'Search:Total',
    ]);
    expect(subjectsOf(reply)).toEqual(['Engine drawings', 'Analytical engine']);
  });

  it('MS-ASCMD_R2513, MS-ASCMD_R5849, MS-ASCMD_R1319, MS-ASCMD_R1320, MS-ASCMD_R1321, MS-ASCMD_R1322, MS-ASCMD_R920, MS-ASCMD_R1836, MS-ASCMD_R1839, MS-ASCMD_R1392, MS-ASCMD_R1393, MS-ASCMD_R1394, MS-ASCMD_R1395, MS-ASCMD_R3687, MS-ASCMD_R2402, MS-ASCMD_R2406, MS-ASCMD_R5751, MS-ASCMD_R3851, MS-ASCMD_R3862: a Result has class, long id, folder and properties', async () => {
    const [result] = resultsOf(await mailbox(free('looms')));
    expect(children(result).map((it) => it.tag)).toEqual([
      'AirSync:Class',
      'Search:LongId',
      'AirSync:CollectionId',
      'Search:Properties',
    ]);
    expect(text(result, 'AirSync:Class')).toBe('Email');
    expect(text(result, 'AirSync:CollectionId')).toBe(ada.folder('INBOX').id);
    const longId = text(result, 'Search:LongId') ?? '';
    expect(longId.length).toBeGreaterThan(0);
    expect(longId.length).toBeLessThanOrEqual(256);
    expect(text(child(result, 'Search:Properties'), 'Email:From')).toContain('bob@example.org');
  });

  it('MS-ASCMD_R3850: nothing found is an empty Result', async () => {
    const reply = await mailbox(free('zeppelin'));
    expect(reply.xml).toBe(
      '<Search><Status>1</Status><Response><Store><Status>1</Status><Result/><Total>0</Total></Store></Response></Search>',
    );
  });

  it('MS-ASCMD_R3699: letter case makes no difference', async () => {
    expect(subjectsOf(await mailbox(free('LOOMS')))).toEqual(subjectsOf(await mailbox(free('looms'))));
    expect(subjectsOf(await mailbox(free('LOOMS')))).toEqual(['Looms and cards']);
  });

  it('is made as one types, from the third letter on', async () => {
    for (const typed of ['loo', 'loom', 'looms', 'looms an']) {
      expect(subjectsOf(await mailbox(free(typed), '<Range>0-99</Range><RebuildResults/>'))).toEqual([
        'Looms and cards',
      ]);
    }
  });

  it('MS-ASCMD_R922: without Class all there is; with classes of which there is nothing, nothing', async () => {
    expect(subjectsOf(await mailbox(`${free('looms')}<airsync:Class>Email</airsync:Class>`))).toEqual([
      'Looms and cards',
    ]);
    expect(subjectsOf(await mailbox(`${free('looms')}<airsync:Class>Calendar</airsync:Class>`))).toEqual([]);
    const both = '<airsync:Class>Calendar</airsync:Class><airsync:Class>Email</airsync:Class>';
    expect(subjectsOf(await mailbox(free('looms') + both))).toEqual(['Looms and cards']);
  });

  it('dates of arrival bound it on both sides, exclusively', async () => {
    expect(subjectsOf(await mailbox(received('GreaterThan', 1) + received('LessThan', 3)))).toEqual([
      'Looms and cards',
    ]);
    expect(subjectsOf(await mailbox(free('engine') + received('GreaterThan', 3) + inFolder('INBOX')))).toEqual([]);
  });
});

describe('The folders searched', () => {
  it('all of mail, where none is named', async () => {
    expect(subjectsOf(await mailbox(free('engine')))).toEqual([
      'Engine below',
      'Engine of the project',
      'Engine drawings',
      'Analytical engine',
    ]);
  });

  it('MS-ASCMD_R2146: those named, without what is below', async () => {
    expect(subjectsOf(await mailbox(free('engine') + inFolder('Projects')))).toEqual(['Engine of the project']);
  });

  it('MS-ASCMD_R5856, MS-ASCMD_R2031: with DeepTraversal, with what is below', async () => {
    expect(subjectsOf(await mailbox(free('engine') + inFolder('Projects'), '<DeepTraversal/>'))).toEqual([
      'Engine below',
      'Engine of the project',
    ]);
  });

  it('one that is gone: the device has to sync its folders', async () => {
    expect(statusOf(await mailbox(`${free('x')}<airsync:CollectionId>404</airsync:CollectionId>`))).toBe('11');
  });

  it('one that is not of mail has nothing', async () => {
    const reply = await mailbox(`${free('engine')}<airsync:CollectionId>${ada.calendar().id}</airsync:CollectionId>`);
    expect([statusOf(reply), resultsOf(reply)]).toEqual(['1', []]);
  });
});

describe('The range of results', () => {
  const range = (it: string) => mailbox(free('engine'), `<Range>${it}</Range>`);

  it('MS-ASCMD_R3725, MS-ASCMD_R4633, MS-ASCMD_R2855, MS-ASCMD_R2856, MS-ASCMD_R2857, MS-ASCMD_R2858: is what was asked, as far as there is so much', async () => {
    const reply = await range('1-2');
    expect(subjectsOf(reply)).toEqual(['Engine of the project', 'Engine drawings']);
    expect([text(storeOf(reply), 'Search:Range'), text(storeOf(reply), 'Search:Total')]).toEqual(['1-2', '4']);
    const rest = await range('3-50');
    expect([text(storeOf(rest), 'Search:Range'), text(storeOf(rest), 'Search:Total')]).toEqual(['3-3', '4']);
  });

  it('MS-ASCMD_R3729: 0-0 is one item', async () => {
    expect(subjectsOf(await range('0-0'))).toEqual(['Engine below']);
  });

  it('MS-ASCMD_R4638: of all results, the total is one more than the end', async () => {
    const reply = await mailbox(free('engine'));
    expect([text(storeOf(reply), 'Search:Range'), text(storeOf(reply), 'Search:Total')]).toEqual(['0-3', '4']);
  });

  it('beyond what can be had: a warning, and what there is', async () => {
    const reply = await range('0-100');
    expect([statusOf(reply), subjectsOf(reply).length]).toEqual(['12', 4]);
  });

  it.each(['3-1', 'all', '0-1000', '5'])('%s is none', async (it) => {
    expect(statusOf(await range(it))).toBe('2');
  });
});

describe('What is too complex, or no query', () => {
  const and = (inside: string) => query(`<And>${inside}</And>`);

  it('MS-ASCMD_R772: two And', async () => {
    expect(statusOf(await query(`<And>${free('a')}</And><And>${free('b')}</And>`))).toBe('8');
    expect(statusOf(await and(`${free('a')}<And>${free('b')}</And>`))).toBe('8');
  });

  it('MS-ASCMD_R923, MS-ASCMD_R2032, MS-ASCMD_R2086, MS-ASCMD_R3105, MS-ASCMD_R3143, MS-ASCMD_R3220: a criterion outside the And', async () => {
    for (const criterion of [
      '<airsync:Class>Email</airsync:Class>',
      inFolder('INBOX'),
      '<ConversationId>abc</ConversationId>',
      free('engine'),
      received('GreaterThan', 1),
      received('LessThan', 1),
    ]) {
      expect([criterion, statusOf(await query(criterion))]).toEqual([criterion, '8']);
      expect([criterion, statusOf(await query(`<Or>${criterion}</Or>`))]).toEqual([criterion, '8']);
    }
  });

  it('MS-ASCMD_R5815: two ConversationIds; and one, of which there is no index', async () => {
    const conversation = '<ConversationId>abc</ConversationId>';
    expect(statusOf(await and(conversation + conversation))).toBe('2');
    expect(statusOf(await and(conversation))).toBe('8');
  });

  it('MS-ASCMD_R4329: nothing, an unknown class, a date that is none, another property than DateReceived', async () => {
    for (const criteria of [
      '',
      '<airsync:Class>Pigeons</airsync:Class>',
      '<GreaterThan><email:DateReceived/><Value>yesterday</Value></GreaterThan>',
      '<LessThan><email:Subject/><Value>2026-01-01T00:00:00.000Z</Value></LessThan>',
      '<FreeText/>',
    ]) {
      expect([criteria, statusOf(await and(criteria))]).toEqual([criteria, '2']);
    }
  });

  it('MS-ASCMD_R2143, MS-ASCMD_R3374, MS-ASCMD_R3723, MS-ASCMD_R3747, MS-ASCMD_R4535: repeated options and stores are no error', async () => {
    const twice = (option: string) => mailbox(free('looms'), option + option);
    for (const option of [
      '<DeepTraversal/>',
      '<airsync:MIMESupport>0</airsync:MIMESupport>',
      '<Range>0-9</Range>',
      '<RebuildResults/>',
    ]) {
      expect([option, statusOf(await twice(option))]).toEqual([option, '1']);
    }
    const store = `<Store><Name>Mailbox</Name><Query><And>${free('looms')}</And></Query></Store>`;
    expect(statusOf(await post(store + store))).toBe('1');
  });
});

describe('Bodies in results', () => {
  const preference = (type: number): string =>
    `<airsyncbase:BodyPreference><airsyncbase:Type>${type}</airsyncbase:Type></airsyncbase:BodyPreference>`;
  const bodyOf = async (options: string): Promise<Element | undefined> =>
    child(child(resultsOf(await mailbox(free('looms'), options))[0], 'Search:Properties'), 'AirSyncBase:Body');

  it('MS-ASCMD_R3384, MS-ASCMD_R3387, MS-ASCMD_R3388: as MIME, where all messages are wanted so', async () => {
    const mime = await bodyOf(`<airsync:MIMESupport>2</airsync:MIMESupport>${preference(4)}`);
    expect(text(mime, 'AirSyncBase:Type')).toBe('4');
    expect(text(mime, 'AirSyncBase:Data')).toContain('Subject: Looms and cards');
    expect(Number(text(mime, 'AirSyncBase:EstimatedDataSize'))).toBeGreaterThan(0);
  });

  it('as HTML; as an excerpt of the text where nothing is said', async () => {
    expect(text(await bodyOf(preference(2)), 'AirSyncBase:Data')).toContain('<p>Looms and cards</p>');
    const excerpt = await bodyOf('');
    expect([text(excerpt, 'AirSyncBase:Type'), text(excerpt, 'AirSyncBase:Data')?.trim()]).toEqual([
      '1',
      'Nothing of the kind Looms and cards',
    ]);
  });

  it('preferences that are none are an invalid request', async () => {
    const reply = await mailbox(free('looms'), preference(7));
    expect(reply.xml).toBe('<Search><Status>1</Status><Response><Store><Status>2</Status></Store></Response></Search>');
  });
});

describe('Other stores', () => {
  it('directory and document library are blocked, in the words of the protocol', async () => {
    for (const name of ['GAL', 'DocumentLibrary', 'Document Library']) {
      const reply = await post(`<Store><Name>${name}</Name><Query>ada</Query></Store>`);
      expect(reply.xml).toBe(
        '<Search><Status>1</Status><Response><Store><Status>13</Status></Store></Response></Search>',
      );
    }
  });

  it('an unknown one, or none, is an invalid request', async () => {
    expect(statusOf(await post('<Store><Name>Attic</Name><Query>ada</Query></Store>'))).toBe('2');
    expect(statusOf(await post('<Store/>'))).toBe('2');
    expect(statusOf(await post(''))).toBe('2');
  });

  it('a mail system that fails is a server error of the whole', async () => {
    const { user } = fakeUser({ user: { search: () => Promise.reject(new BackendError('unavailable', 'no')) } });
    const reply = await new TestDevice(user).post(
      'Search',
      `<Search><Store><Name>Mailbox</Name><Query><And>${free('x')}</And></Query></Store></Search>`,
    );
    expect(reply.xml).toBe('<Search><Status>3</Status></Search>');
  });
});

describe('A LongId', () => {
  it('answers and forwards what was found', async () => {
    const [longId] = findAll((await mailbox(free('looms'))).document as Element, 'Search:LongId');
    const outbox = new TestOutbox();
    const reply = await new TestDevice(ada.user, { outbox }).post(
      'SmartReply',
      `<SmartReply><ClientId>1</ClientId><Source><LongId>${textOf(longId?.element as Element)}</LongId></Source><Mime>To: bob@example.org&#13;&#10;&#13;&#10;Thanks</Mime></SmartReply>`,
    );
    expect(reply.xml).toBe('');
    expect(outbox.lastText).toContain('> Nothing of the kind Looms and cards');
  });
});
