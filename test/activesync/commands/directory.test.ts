// Search, Find and ResolveRecipients in the directory, ValidateCert: as transcripts.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProtocolVersion } from '../../../lib/activesync/index.ts';
import { BackendError, type BusyTime, type Directory, FileDirectory } from '../../../lib/backends/index.ts';
import { fakeUser } from './support/fake-user.ts';
import { type Reply, TestDevice } from './support/test-device.ts';

const SMALL = Buffer.alloc(100, 1).toString('base64');
const LARGE = Buffer.alloc(5_000, 2).toString('base64');
const CERTIFICATE = Buffer.from('3003020101', 'hex').toString('base64');
const card = (name: string, ...lines: readonly string[]) =>
  ['BEGIN:VCARD', 'VERSION:4.0', `FN:${name}`, ...lines, 'END:VCARD', ''].join('\r\n');
const PEOPLE = [
  card(
    'Ada Lovelace',
    'N:Lovelace;Ada;;;',
    'EMAIL:ada@example.org',
    'TITLE:Analyst',
    'ORG:Engines & Sons',
    'X-OFFICE:Room 12',
    'TEL;TYPE=WORK:+44 1',
    'TEL;TYPE=HOME:+44 2',
    'TEL;TYPE=CELL:+44 3',
    `PHOTO:data:image/jpeg;base64,${SMALL}`,
    `KEY:data:application/pkix-cert;base64,${CERTIFICATE}`,
    `KEY:data:application/pkix-cert;base64,${CERTIFICATE}`,
  ),
  card('Ada Yonath', 'EMAIL:yonath@example.org', `PHOTO:data:image/jpeg;base64,${LARGE}`),
  card('Bob Noyce', 'EMAIL:bob@example.org', `PHOTO:data:image/jpeg;base64,${SMALL}`),
  card('Adam Smith', 'EMAIL:smith@example.org', `PHOTO:data:image/jpeg;base64,${SMALL}`),
];

let folder: string;
let directory: Directory;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caravan-directory-'));
  await writeFile(join(folder, 'people.vcf'), PEOPLE.toReversed().join(''));
  directory = new FileDirectory(join(folder, 'people.vcf'));
});
afterAll(() => rm(folder, { recursive: true }));

const device = (version: ProtocolVersion = '16.1', own: Directory | undefined = directory) =>
  new TestDevice(fakeUser().user, { version, directory: own });
const search = (query: string, options = '', version?: ProtocolVersion): Promise<Reply> =>
  device(version).post(
    'Search',
    `<Search><Store><Name>GAL</Name><Query>${query}</Query><Options>${options}</Options></Store></Search>`,
  );
const find = (query: string, options = ''): Promise<Reply> =>
  device().post(
    'Find',
    `<Find><SearchId>1</SearchId><ExecuteSearch><GALSearchCriterion><Query>${query}</Query><Options>${options}</Options></GALSearchCriterion></ExecuteSearch></Find>`,
  );
const resolve = (to: readonly string[], options = '', version?: ProtocolVersion): Promise<Reply> =>
  device(version).post(
    'ResolveRecipients',
    `<ResolveRecipients>${to.map((it) => `<To>${it}</To>`).join('')}<Options>${options}</Options></ResolveRecipients>`,
  );

const ADA =
  '<gal:DisplayName>Ada Lovelace</gal:DisplayName><gal:Phone>+44 1</gal:Phone><gal:Office>Room 12</gal:Office>' +
  '<gal:Title>Analyst</gal:Title><gal:Company>Engines &#38; Sons</gal:Company><gal:Alias>ada</gal:Alias>' +
  '<gal:FirstName>Ada</gal:FirstName><gal:LastName>Lovelace</gal:LastName><gal:HomePhone>+44 2</gal:HomePhone>' +
  '<gal:MobilePhone>+44 3</gal:MobilePhone><gal:EmailAddress>ada@example.org</gal:EmailAddress>';

describe('A Search in the directory', () => {
  it('MS-ASCMD_R5711, MS-ASCMD_R5286, MS-ASCMD_R5287, MS-ASCMD_R5293, MS-ASCMD_R5300, MS-ASCMD_R5316, MS-ASCMD_R5323, MS-ASCMD_R5330, MS-ASCMD_R5337, MS-ASCMD_R5353, MS-ASCMD_R5360, MS-ASCMD_R5368, MS-ASCMD_R5391, MS-ASCMD_R419, MS-ASCMD_R420: tells what the entry has, with range and total', async () => {
    expect((await search('lovelace')).xml).toBe(
      `<Search><Status>1</Status><Response><Store><Status>1</Status><Result><Properties>${ADA}</Properties></Result><Range>0-0</Range><Total>1</Total></Store></Response></Search>`,
    );
  });

  it('MS-ASCMD_R426, MS-ASCMD_R421, MS-ASCMD_R3846, MS-ASCMD_R3691, MS-ASCMD_R3692: sorts by display name whom the words begin, each with no more than they have', async () => {
    const { xml } = await search('ada');
    expect([...xml.matchAll(/<gal:DisplayName>([^<]*)/g)].map(([, name]) => name)).toEqual([
      'Ada Lovelace',
      'Ada Yonath',
      'Adam Smith',
    ]);
    expect(xml).toContain(
      '<Properties><gal:DisplayName>Ada Yonath</gal:DisplayName><gal:Alias>yonath</gal:Alias><gal:EmailAddress>yonath@example.org</gal:EmailAddress></Properties>',
    );
  });

  it('gives the range that is asked for, and the total of all', async () => {
    const { xml } = await search('ada', '<Range>1-1</Range>');
    expect(xml).toContain('Ada Yonath');
    expect(xml).not.toContain('Adam Smith');
    expect(xml).toContain('<Range>1-1</Range><Total>3</Total>');
  });

  it('nobody is no Result and no range', async () => {
    expect((await search('zzz')).xml).toBe(
      '<Search><Status>1</Status><Response><Store><Status>1</Status><Total>0</Total></Store></Response></Search>',
    );
  });

  it.each(['', ' ', 'x'.repeat(257)])('a Query of %j is none', async (query) => {
    expect((await search(query)).xml).toContain('<Store><Status>2</Status></Store>');
  });

  it('MS-ASCMD_R3674, MS-ASCMD_R2380, MS-ASCMD_R2381, MS-ASCMD_R2382, MS-ASCMD_R2383, MS-ASCMD_R2135, MS-ASCMD_R1470, MS-ASCMD_R4371, MS-ASCMD_R4375, MS-ASCMD_R3311: photos within size and number', async () => {
    const { xml } = await search('a', '<Picture><MaxSize>1000</MaxSize><MaxPictures>1</MaxPictures></Picture>');
    expect(xml.match(/<gal:Picture>.*?<\/gal:Picture>/g)).toEqual([
      expect.stringMatching(/^<gal:Picture><gal:Status>1<\/gal:Status><gal:Data>.+<\/gal:Data><\/gal:Picture>$/),
      '<gal:Picture><gal:Status>174</gal:Status></gal:Picture>',
      '<gal:Picture><gal:Status>175</gal:Status></gal:Picture>',
    ]);
  });

  it('14.0 knows no photos', async () => {
    expect((await search('ada', '<Picture/>', '14.0')).xml).not.toContain('Picture');
  });

  it('without a directory access is blocked', async () => {
    const reply = await new TestDevice(fakeUser().user).post(
      'Search',
      '<Search><Store><Name>GAL</Name><Query>ada</Query></Store></Search>',
    );
    expect(reply.xml).toContain('<Store><Status>13</Status></Store>');
  });

  it('a directory that is down is a server error, and no crash', async () => {
    const down: Directory = {
      name: 'down',
      find: () => Promise.reject(new BackendError('unavailable', 'The directory is down')),
      close: () => Promise.resolve(),
    };
    const reply = await device('16.1', down).post(
      'Search',
      '<Search><Store><Name>GAL</Name><Query>ada</Query></Store></Search>',
    );
    expect(reply.xml).toBe('<Search><Status>3</Status></Search>');
  });
});

describe('A Find in the directory', () => {
  it('MS-ASCMD_R1002501, MS-ASCMD_R131999, MS-ASCMD_R61641061, MS-ASCMD_R61641062, MS-ASCMD_R63510605, MS-ASCMD_R65590806, MS-ASCMD_R69581706: tells what the entry has, with range and total', async () => {
    expect((await find('lovelace')).xml).toBe(
      `<Find><Status>1</Status><Response><itemoperations:Store>GAL</itemoperations:Store><Status>1</Status><Result><Properties>${ADA}</Properties></Result><Range>0-0</Range><Total>1</Total></Response></Find>`,
    );
  });

  it('MS-ASCMD_R132000, MS-ASCMD_R132004: by beginnings, in the order of display names', async () => {
    const { xml } = await find('ad', '<Range>0-1</Range>');
    expect([...xml.matchAll(/<gal:DisplayName>([^<]*)/g)].map(([, name]) => name)).toEqual([
      'Ada Lovelace',
      'Ada Yonath',
    ]);
    expect(xml).toContain('<Range>0-1</Range><Total>3</Total>');
  });

  it('MS-ASCMD_R36691708, MS-ASCMD_R36691709, MS-ASCMD_R36691710, MS-ASCMD_R36691711, MS-ASCMD_R21270702: a photo', async () => {
    const { xml } = await find('noyce', '<Picture/>');
    expect(xml).toMatch(
      /<gal:Picture><gal:Status>1<\/gal:Status><gal:Data>.+<\/gal:Data><\/gal:Picture><\/Properties>/,
    );
  });

  it.each([
    ['', ''],
    ['ada', '<Range>5-2</Range>'],
  ])('a Query of %j with options %j is invalid', async (query, options) => {
    expect((await find(query, options)).xml).toBe('<Find><Status>2</Status></Find>');
  });
});

describe('ResolveRecipients', () => {
  const recipient = (name: string, email: string, more = '') =>
    `<Recipient><Type>1</Type><DisplayName>${name}</DisplayName><EmailAddress>${email}</EmailAddress>${more}</Recipient>`;
  const response = (to: string, status: number, count: number, recipients = '') =>
    `<Response><To>${to}</To><Status>${status}</Status><RecipientCount>${count}</RecipientCount>${recipients}</Response>`;
  const whole = (...responses: readonly string[]) =>
    `<ResolveRecipients><Status>1</Status>${responses.join('')}</ResolveRecipients>`;

  it('MS-ASCMD_R343, MS-ASCMD_R3809, MS-ASCMD_R2475, MS-ASCMD_R2476, MS-ASCMD_R2496, MS-ASCMD_R2497, MS-ASCMD_R2431, MS-ASCMD_R2432, MS-ASCMD_R2875, MS-ASCMD_R1543, MS-ASCMD_R5311, MS-ASCMD_R4264, MS-ASCMD_R4268, MS-ASCMD_R4275, MS-ASCMD_R4686, MS-ASCMD_R2199, MS-ASCMD_R5309, MS-ASCMD_R4609, MS-ASCMD_R3765, MS-ASCMD_R3767, MS-ASCMD_R3825: a name of one, and an address', async () => {
    expect((await resolve(['lovelace', 'BOB@example.org'])).xml).toBe(
      whole(
        response('lovelace', 1, 1, recipient('Ada Lovelace', 'ada@example.org')),
        response('BOB@example.org', 1, 1, recipient('Bob Noyce', 'bob@example.org')),
      ),
    );
  });

  it('MS-ASCMD_R4274, MS-ASCMD_R4279: a name of several is ambiguous, and no certificates come along', async () => {
    expect((await resolve(['ada'], '<CertificateRetrieval>2</CertificateRetrieval>')).xml).toBe(
      whole(
        response(
          'ada',
          2,
          3,
          recipient('Ada Lovelace', 'ada@example.org') +
            recipient('Ada Yonath', 'yonath@example.org') +
            recipient('Adam Smith', 'smith@example.org'),
        ),
      ),
    );
  });

  it('MaxAmbiguousRecipients cuts the suggestions, and the count stays', async () => {
    expect((await resolve(['ada'], '<MaxAmbiguousRecipients>1</MaxAmbiguousRecipients>')).xml).toBe(
      whole(response('ada', 3, 3, recipient('Ada Lovelace', 'ada@example.org'))),
    );
  });

  it('nobody is 4', async () => {
    expect((await resolve(['zzz'])).xml).toBe(whole(response('zzz', 4, 0)));
  });

  it('MS-ASCMD_R5656, MS-ASCMD_R4267, MS-ASCMD_R4270, MS-ASCMD_R5873: none, more than a hundred, and a name that is too long are 5', async () => {
    const refused = '<ResolveRecipients><Status>5</Status></ResolveRecipients>';
    expect((await resolve([])).xml).toBe(refused);
    expect((await resolve(Array.from({ length: 101 }, (_, n) => `p${n}`))).xml).toBe(refused);
    expect((await resolve(['x'.repeat(257)])).xml).toBe(refused);
    expect((await resolve(Array.from({ length: 100 }, (_, n) => `p${n}`))).xml).toContain('<Status>1</Status>');
  });

  it('MS-ASCMD_R857, MS-ASCMD_R843, MS-ASCMD_R1111, MS-ASCMD_R1127, MS-ASCMD_R1135, MS-ASCMD_R1136, MS-ASCMD_R4301, MS-ASCMD_R4302: whole certificates', async () => {
    const certificates = `<Certificates><Status>1</Status><CertificateCount>2</CertificateCount><RecipientCount>1</RecipientCount><Certificate>${CERTIFICATE}</Certificate><Certificate>${CERTIFICATE}</Certificate></Certificates>`;
    expect((await resolve(['lovelace'], '<CertificateRetrieval>2</CertificateRetrieval>')).xml).toBe(
      whole(response('lovelace', 1, 1, recipient('Ada Lovelace', 'ada@example.org', certificates))),
    );
  });

  it('MS-ASCMD_R856: 1 retrieves none', async () => {
    expect((await resolve(['lovelace'], '<CertificateRetrieval>1</CertificateRetrieval>')).xml).not.toContain('Certif');
  });

  it('MS-ASCMD_R4304: who has none, and who has no mini certificate, is 7', async () => {
    const none =
      '<Certificates><Status>7</Status><CertificateCount>0</CertificateCount><RecipientCount>1</RecipientCount></Certificates>';
    expect((await resolve(['noyce'], '<CertificateRetrieval>2</CertificateRetrieval>')).xml).toContain(none);
    expect((await resolve(['lovelace'], '<CertificateRetrieval>3</CertificateRetrieval>')).xml).toContain(none);
  });

  it('where all do not fit MaxCertificates none comes, and their number is told', async () => {
    const options = '<CertificateRetrieval>2</CertificateRetrieval><MaxCertificates>1</MaxCertificates>';
    expect((await resolve(['lovelace'], options)).xml).toContain(
      '<Certificates><Status>8</Status><CertificateCount>2</CertificateCount><RecipientCount>1</RecipientCount></Certificates>',
    );
  });

  it('MS-ASCMD_R2372, MS-ASCMD_R2373, MS-ASCMD_R2374, MS-ASCMD_R2375, MS-ASCMD_R2133, MS-ASCMD_R1466, MS-ASCMD_R4309, MS-ASCMD_R4310, MS-ASCMD_R4311, MS-ASCMD_R4312, MS-ASCMD_R4313, MS-ASCMD_R5350, MS-ASCMD_R5351: photos within size and number, counted for each name', async () => {
    const options = '<Picture><MaxSize>1000</MaxSize><MaxPictures>1</MaxPictures></Picture>';
    const { xml } = await resolve(['ada', 'noyce'], options);
    expect([...xml.matchAll(/<Picture><Status>(\d+)<\/Status>(<Data>)?/g)].map(([, it, data]) => [it, data])).toEqual([
      ['1', '<Data>'],
      ['174', undefined],
      ['175', undefined],
      ['1', '<Data>'],
    ]);
  });

  describe('with Availability', () => {
    const span = (start: string, end: string) =>
      `<Availability><StartTime>${start}</StartTime><EndTime>${end}</EndTime></Availability>`;
    const at = (hour: number, minute = 0) => Date.UTC(2026, 10, 23, hour, minute);
    const MORNING = span('2026-11-23T08:00:00.000Z', '2026-11-23T11:00:00.000Z');
    const busyUser = (busy: (address: string) => Promise<readonly BusyTime[] | undefined>) => {
      const { user } = fakeUser();
      return new TestDevice({ ...user, mailbox: { ...user.mailbox, freeBusy: busy } }, { directory });
    };
    const ask = (phone: TestDevice, to: string, options = MORNING) =>
      phone.post(
        'ResolveRecipients',
        `<ResolveRecipients><To>${to}</To><Options>${options}</Options></ResolveRecipients>`,
      );

    it('MS-ASCMD_R819, MS-ASCMD_R1091, MS-ASCMD_R1092, MS-ASCMD_R1892, MS-ASCMD_R3315, MS-ASCMD_R3319, MS-ASCMD_R3320, MS-ASCMD_R3321, MS-ASCMD_R3330, MS-ASCMD_R3332, MS-ASCMD_R3338, MS-ASCMD_R3339, MS-ASCMD_R4290, MS-ASCMD_R4291: a digit for each half hour, the busiest thing in it', async () => {
      const phone = busyUser(async () => [
        { fromMs: at(7), toMs: at(8, 1), kind: 'tentative' },
        { fromMs: at(8, 30), toMs: at(9), kind: 'busy' },
        { fromMs: at(8, 45), toMs: at(9, 30), kind: 'tentative' },
        { fromMs: at(10, 59), toMs: at(14), kind: 'away' },
      ]);
      expect((await ask(phone, 'lovelace')).xml).toContain(
        '<Availability><Status>1</Status><MergedFreeBusy>121003</MergedFreeBusy></Availability>',
      );
    });

    it('MS-ASCMD_R4298: what cannot be known is 163, without digits', async () => {
      const unknown = '<Availability><Status>163</Status></Availability>';
      expect(
        (
          await ask(
            busyUser(async () => undefined),
            'lovelace',
          )
        ).xml,
      ).toContain(unknown);
      expect((await ask(device(), 'lovelace')).xml).toContain(unknown);
    });

    it('what cannot be had now is 162', async () => {
      const phone = busyUser(() => Promise.reject(new BackendError('unavailable', 'down')));
      expect((await ask(phone, 'lovelace')).xml).toContain('<Availability><Status>162</Status></Availability>');
    });

    it('MS-ASCMD_R4617, MS-ASCMD_R4618, MS-ASCMD_R4623, MS-ASCMD_R4624: who is ambiguous has none', async () => {
      expect(
        (
          await ask(
            busyUser(async () => []),
            'ada',
          )
        ).xml,
      ).not.toContain('Availability');
    });

    it.each([
      ['MS-ASCMD_R3986', 'no start', span('', '2026-11-23T11:00:00.000Z')],
      ['MS-ASCMD_R2264', 'an end that is none', span('2026-11-23T08:00:00.000Z', 'soon')],
      ['MS-ASCMD_R2266', 'less than half an hour', span('2026-11-23T08:00:00.000Z', '2026-11-23T08:29:00.000Z')],
      ['MS-ASCMD_R5175', 'more than 42 days', span('2026-11-23T08:00:00.000Z', '2027-01-05T08:00:00.000Z')],
    ])('%s: %s is 5', async (_id, _what, options) => {
      expect((await ask(device(), 'lovelace', options)).xml).toBe(
        '<ResolveRecipients><Status>5</Status></ResolveRecipients>',
      );
    });

    it('MS-ASCMD_R6085: 12.1 is told nothing of it', async () => {
      expect((await resolve(['lovelace'], MORNING, '12.1')).xml).toBe(
        whole(response('lovelace', 1, 1, recipient('Ada Lovelace', 'ada@example.org'))),
      );
    });
  });
});
