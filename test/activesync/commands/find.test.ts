// Find (MS-ASCMD 2.2.1.2), 16.1, on real messages in folders on disk.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { child, children, type Element, text } from '../../../lib/activesync/index.ts';
import { findAll } from '../../support/transcript.ts';
import { type MailUser, startMailUser } from './support/mail-user.ts';
import { composeMail } from './support/messages.ts';
import { type Reply, TestDevice } from './support/test-device.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);

let ada: MailUser;

const post = (inside: string): Promise<Reply> =>
  new TestDevice(ada.user).post('Find', `<Find><SearchId>A1</SearchId><ExecuteSearch>${inside}</ExecuteSearch></Find>`);
const find = (words: string, { options = '', query = '' } = {}): Promise<Reply> =>
  post(
    `<MailBoxSearchCriterion><Query><airsync:Class>Email</airsync:Class>${query}<FreeText>${words}</FreeText></Query>` +
      `<Options>${options}</Options></MailBoxSearchCriterion>`,
  );
const statusOf = (reply: Reply): string | undefined => text(reply.document, 'Find:Status');
const responseOf = (reply: Reply): Element | undefined => child(reply.document, 'Find:Response');
const subjectsOf = (reply: Reply): readonly (string | undefined)[] =>
  children(responseOf(reply), 'Find:Result').map((it) => text(child(it, 'Find:Properties'), 'Email:Subject'));

beforeAll(async () => {
  ada = await startMailUser();
  const put = (day: number, folder: string, mail: Parameters<typeof composeMail>[0], flags: readonly string[] = []) =>
    ada.put(folder, composeMail(mail), flags, new Date(START + day * DAY));
  await put(1, 'INBOX', {
    subject: 'Analytical engine',
    text: 'It weaves algebraical patterns',
    cc: 'Cy <cy@example.org>',
  });
  await put(2, 'INBOX', { subject: 'Difference engine', from: 'Charles <charles@example.org>' }, ['\\Seen']);
  await put(3, 'Projects', { subject: 'Looms' }, ['\\Flagged', '\\Seen']);
  await put(4, 'Projects.Engine', {
    subject: 'Engine drawings',
    attachments: [{ name: 'a.pdf', type: 'application/pdf', bytes: Buffer.from('%PDF') }],
  });
  await put(5, 'Drafts', { subject: 'Engine to be' }, ['\\Draft']);
});
afterAll(() => ada.stop());

describe('A Find in the mailbox', () => {
  it('MS-ASCMD_R65591902, MS-ASCMD_R65591908, MS-ASCMD_R65591909, MS-ASCMD_R65591911, MS-ASCMD_R72171802, MS-ASCMD_R72171804, MS-ASCMD_R72171805, MS-ASCMD_R72171806, MS-ASCMD_R72171807, MS-ASCMD_R72172506, MS-ASCMD_R72172509, MS-ASCMD_R72172520, MS-ASCMD_R70481804, MS-ASCMD_R70481807: is answered with a Status, and a Response with one', async () => {
    const reply = await find('looms');
    expect(reply.document?.tag).toBe('Find:Find');
    expect(children(reply.document).map((it) => it.tag)).toEqual(['Find:Status', 'Find:Response']);
    expect([statusOf(reply), text(responseOf(reply), 'Find:Status')]).toEqual(['1', '1']);
  });

  it('MS-ASCMD_R70481805, MS-ASCMD_R45251801, MS-ASCMD_R45251803, MS-ASCMD_R45251804, MS-ASCMD_R45251805, MS-ASCMD_R45251806, MS-ASCMD_R45251807, MS-ASCMD_R99910, MS-ASCMD_R38391804, MS-ASCMD_R46301803, MS-ASCMD_R46301804, MS-ASCMD_R46301805, MS-ASCMD_R46301806: the Response has the store, its status, a Result a match, range and total', async () => {
    const reply = await find('engine');
    expect(children(responseOf(reply)).map((it) => it.tag)).toEqual([
      'ItemOperations:Store',
      'Find:Status',
      ...Array<string>(4).fill('Find:Result'),
      'Find:Range',
      'Find:Total',
    ]);
    expect(text(responseOf(reply), 'ItemOperations:Store')).toBe('Mailbox');
    expect([text(responseOf(reply), 'Find:Range'), text(responseOf(reply), 'Find:Total')]).toEqual(['0-3', '4']);
  });

  it('MS-ASCMD_R99911, MS-ASCMD_R9010602, MS-ASCMD_R9010609, MS-ASCMD_R9010610, MS-ASCMD_R9010611, MS-ASCMD_R9010612, MS-ASCMD_R9820602, MS-ASCMD_R9820608, MS-ASCMD_R9820609, MS-ASCMD_R9820610, MS-ASCMD_R9820611, MS-ASCMD_R38971801, MS-ASCMD_R38971804, MS-ASCMD_R38971805, MS-ASCMD_R38971806, MS-ASCMD_R36841701, MS-ASCMD_R36841703, MS-ASCMD_R36841706: a Result has class, item, folder and properties', async () => {
    const [result] = children(responseOf(await find('looms')), 'Find:Result');
    expect(children(result).map((it) => it.tag)).toEqual([
      'AirSync:Class',
      'AirSync:ServerId',
      'AirSync:CollectionId',
      'Find:Properties',
    ]);
    const { id } = ada.folder('Projects');
    expect(text(result, 'AirSync:Class')).toBe('Email');
    expect(text(result, 'AirSync:CollectionId')).toBe(id);
    expect(text(result, 'AirSync:ServerId')).toMatch(new RegExp(`^${id}:\\d+$`));
  });

  it('MS-ASCMD_R36841704, MS-ASCMD_R64390719, MS-ASCMD_R64390720, MS-ASCMD_R64390721, MS-ASCMD_R64390722, MS-ASCMD_R66851603, MS-ASCMD_R69781704, MS-ASCMD_R69781707: the properties are those of a list of results, in the order of the schema', async () => {
    const [result] = children(responseOf(await find('patterns')), 'Find:Result');
    const properties = child(result, 'Find:Properties');
    expect(children(properties).map((it) => it.tag)).toEqual([
      'Email:Subject',
      'Email:DateReceived',
      'Email:DisplayTo',
      'Find:DisplayCc',
      'Email:Importance',
      'Email:Read',
      'Email2:IsDraft',
      'Find:Preview',
      'Find:HasAttachments',
      'Email:From',
    ]);
    expect(text(properties, 'Find:Preview')).toBe('It weaves algebraical patterns');
    expect(text(properties, 'Find:DisplayCc')).toContain('cy@example.org');
    expect([text(properties, 'Email:Read'), text(properties, 'Email2:IsDraft')]).toEqual(['0', '0']);
    expect(text(properties, 'Find:HasAttachments')).toBe('0');
  });

  it('tells attachments and drafts', async () => {
    const told = async (words: string, tag: 'Find:HasAttachments' | 'Email2:IsDraft') =>
      findAll((await find(words)).document as Element, tag).map((it) => it.element.content);
    expect(await told('drawings', 'Find:HasAttachments')).toEqual(['1']);
    expect(await told('be', 'Email2:IsDraft')).toContain('1');
  });

  it('MS-ASCMD_R38391805, MS-ASCMD_R99913: nothing found has no Result', async () => {
    expect((await find('zeppelin')).xml).toBe(
      '<Find><Status>1</Status><Response><itemoperations:Store>Mailbox</itemoperations:Store><Status>1</Status><Total>0</Total></Response></Find>',
    );
  });

  it('what is found can be fetched by its place', async () => {
    const [result] = children(responseOf(await find('looms')), 'Find:Result');
    const reply = await new TestDevice(ada.user).post(
      'ItemOperations',
      `<ItemOperations><Fetch><Store>Mailbox</Store><airsync:CollectionId>${text(result, 'AirSync:CollectionId')}</airsync:CollectionId><airsync:ServerId>${text(result, 'AirSync:ServerId')}</airsync:ServerId></Fetch></ItemOperations>`,
    );
    expect(reply.xml).toContain('<email:Subject>Looms</email:Subject>');
  });
});

describe('Ranges and folders', () => {
  it('MS-ASCMD_R37071811, MS-ASCMD_R37071812, MS-ASCMD_R37071816: a range of results, or as many as there are', async () => {
    const reply = await find('engine', { options: '<Range>1-2</Range>' });
    expect([text(responseOf(reply), 'Find:Range'), text(responseOf(reply), 'Find:Total')]).toEqual(['1-2', '4']);
    const rest = await find('engine', { options: '<Range>2-99</Range>' });
    expect(text(responseOf(rest), 'Find:Range')).toBe('2-3');
  });

  it('a folder, and with DeepTraversal what is below it', async () => {
    const query = `<airsync:CollectionId>${ada.folder('Projects').id}</airsync:CollectionId>`;
    expect(subjectsOf(await find('engine', { query }))).toEqual([]);
    expect(subjectsOf(await find('engine', { query, options: '<DeepTraversal/>' }))).toEqual(['Engine drawings']);
  });

  it('MS-ASCMD_R72172515: a folder that is gone: FolderSync is required', async () => {
    const reply = await find('engine', { query: '<airsync:CollectionId>404</airsync:CollectionId>' });
    expect(reply.xml).toBe('<Find><Status>3</Status></Find>');
  });
});

describe('Keywords', () => {
  it.each([
    ['subject:engine', ['Engine to be', 'Engine drawings', 'Difference engine', 'Analytical engine']],
    ['from:charles', ['Difference engine']],
    ['from:charles subject:analytical', []],
    ['to:ada subject:looms', ['Looms']],
    ['isread:true', ['Looms', 'Difference engine']],
    ['isflagged:yes', ['Looms']],
    ['isread:false engine', ['Engine to be', 'Engine drawings', 'Analytical engine']],
    ['received>=2026-01-05 engine', ['Engine to be', 'Engine drawings']],
    ['received<2026-01-03 engine', ['Analytical engine']],
    ['received:2026-01-03', ['Difference engine']],
    ['received=2026-01-02..2026-01-03', ['Difference engine', 'Analytical engine']],
    ['"algebraical patterns"', ['Analytical engine']],
    ['alge* AND patt*', ['Analytical engine']],
    ['kind:email looms', ['Looms']],
  ])('%s', async (words, subjects) => {
    expect(subjectsOf(await find(words.replaceAll('<', '&#60;').replaceAll('>', '&#62;')))).toEqual(subjects);
  });

  it.each(['looms OR engine', 'looms NOT engine', '-engine', 'received:tomorrow'])(
    'MS-ASCMD_R72172512: %s is more than can be searched: an invalid request, never a wrong result',
    async (words) => {
      expect((await find(words)).xml).toBe('<Find><Status>2</Status></Find>');
    },
  );
});

describe('What is no Find', () => {
  it.each([
    ['no FreeText', '<MailBoxSearchCriterion><Query/></MailBoxSearchCriterion>'],
    ['an empty FreeText', '<MailBoxSearchCriterion><Query><FreeText/></Query></MailBoxSearchCriterion>'],
    [
      'a range that is none',
      '<MailBoxSearchCriterion><Query><FreeText>x</FreeText></Query><Options><Range>9-1</Range></Options></MailBoxSearchCriterion>',
    ],
    [
      'a class that is none',
      '<MailBoxSearchCriterion><Query><airsync:Class>Pigeons</airsync:Class><FreeText>x</FreeText></Query></MailBoxSearchCriterion>',
    ],
    ['no criterion', ''],
  ])('%s', async (_, inside) => {
    expect((await post(inside)).xml).toBe('<Find><Status>2</Status></Find>');
  });

  it('without SearchId or ExecuteSearch', async () => {
    const device = new TestDevice(ada.user);
    expect((await device.post('Find', '<Find><SearchId>A1</SearchId></Find>')).xml).toBe(
      '<Find><Status>2</Status></Find>',
    );
    expect((await device.post('Find', '<Find><ExecuteSearch/></Find>')).xml).toBe('<Find><Status>2</Status></Find>');
  });

  it('the directory: there is none, says status 137', async () => {
    expect((await post('<GALSearchCriterion><Query>ada</Query></GALSearchCriterion>')).xml).toBe(
      '<Find><Status>137</Status></Find>',
    );
  });

  it('before 16.1: status 138', async () => {
    const reply = await new TestDevice(ada.user, { version: '16.0' }).post(
      'Find',
      '<Find><SearchId>A1</SearchId></Find>',
    );
    expect(reply.xml).toBe('<Find><Status>138</Status></Find>');
  });
});
