// Autodiscover as phones ask it: mobilesync in XML with a password, v2 in JSON without one.
import { XMLParser } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADA, basicOf, FoldersServer } from '../support/folders-server.ts';
import { PASSWORDS } from '../backends/folders/setup.ts';

const REQUEST = 'http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006';
const RESPONSE = 'http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006';
const question = (request: string) =>
  `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="${REQUEST}">${request}</Autodiscover>`;
const request = (email = 'ada@example.org', schema = RESPONSE) =>
  `<Request><EMailAddress>${email}</EMailAddress><AcceptableResponseSchema>${schema}</AcceptableResponseSchema></Request>`;

interface Answer {
  readonly Autodiscover: { readonly Response: Record<string, any> };
}

let server: FoldersServer;
beforeAll(async () => {
  server = await FoldersServer.start();
});
afterAll(() => server.stop());

async function ask(body: string, authorization: string | undefined = ADA, path = '/Autodiscover/Autodiscover.xml') {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'text/xml', ...(authorization && { Authorization: authorization }) },
  });
  const xml = await response.text();
  const parsed = response.ok ? (new XMLParser().parse(xml) as Answer) : undefined;
  return { status: response.status, headers: response.headers, xml, response: parsed?.Autodiscover.Response };
}

describe('Autodiscover in XML', () => {
  it('MS-ASCMD_R41, MS-ASCMD_R3815, MS-ASCMD_R3482, MS-ASCMD_R3484: tells the user and the URL of ActiveSync', async () => {
    const { status, headers, xml, response } = await ask(question(request()));
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/xml/);
    expect(xml).toContain(`<Response xmlns="${RESPONSE}">`);
    const url = `${server.url}/Microsoft-Server-ActiveSync`;
    expect(response).toEqual({
      Culture: 'en:us',
      User: { DisplayName: 'Ada Lovelace', EMailAddress: 'ada@example.org' },
      Action: { Settings: { Server: { Type: 'MobileSync', Url: url, Name: url } } },
    });
  });
  it.each(['ada', 'ada@example.org', 'EXAMPLE\\ada'])('knows her as %s', async (name) => {
    expect((await ask(question(request()), basicOf(name, PASSWORDS.ada))).status).toBe(200);
  });
  it('is found in whatever case its path is written', async () => {
    for (const path of [
      '/autodiscover/autodiscover.xml',
      '/AUTODISCOVER/AUTODISCOVER.XML',
      '/autodiscover/%61utodiscover.xml?x',
    ])
      expect((await ask(question(request()), ADA, path)).response?.['Action']).toBeDefined();
  });
  it('needs a password, and asks for it', async () => {
    for (const authorization of ['', basicOf('ada', 'wrong')]) {
      const { status, headers } = await ask(question(request()), authorization);
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toMatch(/^Basic realm="/);
    }
  });
  it('MS-ASCMD_R3799: two requests in one are ErrorCode 600', async () => {
    const { response } = await ask(question(request() + request()));
    expect(response?.['Error']).toMatchObject({ ErrorCode: 600, Message: expect.any(String) });
  });
  it('MS-ASCMD_R3818: another provider is ErrorCode 601', async () => {
    const outlook = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a';
    const { status, response } = await ask(question(request('ada@example.org', outlook)));
    expect(status).toBe(200);
    expect(response?.['Error']).toMatchObject({ ErrorCode: 601 });
  });
  it.each([
    '',
    'x',
    '<a>',
    question(''),
    question('<Request/>'),
    question('<Request><EMailAddress/></Request>'),
    '\0\0',
  ])('what is no question is ErrorCode 600: %j', async (body) => {
    const { status, response } = await ask(body);
    expect(status).toBe(200);
    expect(response?.['Error']).toMatchObject({ ErrorCode: 600 });
  });
  it('expands no entities, however many there are of them', async () => {
    const entities = Array.from({ length: 20 }, (_, i) => `<!ENTITY e${i + 1} "&e${i};&e${i};&e${i};">`).join('');
    const bomb = `<!DOCTYPE x [<!ENTITY e0 "boom"><!ENTITY f SYSTEM "file:///etc/passwd">${entities}]>`;
    const started = performance.now();
    const { status, xml } = await ask(bomb + question(request('&e20;&f;')));
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(status).toBe(200);
    expect(xml).not.toContain('boom');
    expect(xml).not.toContain('root:');
  });
  it('is asked by POST', async () => {
    const response = await fetch(`${server.url}/autodiscover/autodiscover.xml`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });
});

describe('Autodiscover v2', () => {
  const ask2 = async (path: string) => {
    const response = await fetch(`${server.url}/autodiscover/autodiscover.json${path}`);
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };
  it.each(['?Email=ada@example.org&Protocol=ActiveSync', '/v1.0/ada@example.org?Protocol=activesync&RedirectCount=1'])(
    '%s tells the one URL, without a password',
    async (path) => {
      const url = `${server.url}/Microsoft-Server-ActiveSync`;
      expect(await ask2(path)).toEqual({ status: 200, body: { Protocol: 'ActiveSync', Url: url } });
    },
  );
  it.each([
    ['', 'MandatoryParameterMissing'],
    ['?Email=ada@example.org', 'MandatoryParameterMissing'],
    ['?Email=ada@example.org&Protocol=EWS', 'InvalidProtocol'],
    ['?Protocol=%00%ff%', 'InvalidProtocol'],
  ])('%j is refused with %s', async (path, code) => {
    expect(await ask2(path)).toMatchObject({ status: 400, body: { ErrorCode: code } });
  });
});

describe('publicUrl', () => {
  it('is what devices are told, whatever they asked', async () => {
    const other = await FoldersServer.start({ flags: { 'public-url': 'https://sync.example.org/' } });
    try {
      const response = await fetch(`${other.url}/autodiscover/autodiscover.json?Protocol=ActiveSync`);
      expect(await response.json()).toMatchObject({ Url: 'https://sync.example.org/Microsoft-Server-ActiveSync' });
    } finally {
      await other.stop();
    }
  });
});
