// Whether certificates were revoked, by lists that a real HTTP server gives out; and what no certificate may make this server fetch.
import { webcrypto, X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  X509CertificateGenerator,
  X509CrlEntry,
  X509CrlGenerator,
  cryptoProvider,
} from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateCheck, isOutside, listFetcher, RevocationLists } from '../../../lib/backends/index.ts';
import { silentLog } from '../../../lib/platform/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 26);
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);

let web: Server;
let asked: string[] = [];
const lists = new Map<string, Uint8Array>();
let at = '';

beforeAll(async () => {
  web = createServer(({ url = '' }, response) => {
    asked.push(url);
    const list = lists.get(url);
    if (url === '/moved') response.writeHead(302, { location: `${at}/good` }).end();
    else if (list) response.end(list);
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
  at = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((done) => web.close(done)));

const keys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
const dates = { notBefore: new Date(NOW - DAY_MS), notAfter: new Date(NOW + DAY_MS) };

interface Authority {
  readonly name: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly pem: string;
}

async function authority(name: string): Promise<Authority> {
  const own = await keys();
  const extensions = [new BasicConstraintsExtension(true, undefined, true)];
  const made = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name,
    ...dates,
    keys: own,
    signingAlgorithm: ALGORITHM,
    extensions,
  });
  return { name, keys: own, pem: made.toString('pem') };
}

async function issue(by: Authority, serialNumber: string, ...urls: readonly string[]): Promise<Uint8Array> {
  const made = await X509CertificateGenerator.create({
    serialNumber,
    subject: `CN=${serialNumber}@example.org`,
    issuer: by.name,
    ...dates,
    signingKey: by.keys.privateKey,
    publicKey: (await keys()).publicKey,
    signingAlgorithm: ALGORITHM,
    extensions: urls.length > 0 ? [new CRLDistributionPointsExtension([...urls])] : [],
  });
  return new X509Certificate(made.toString('pem')).raw;
}

async function publish(
  path: string,
  by: Authority,
  revoked: readonly string[],
  nextUpdate = NOW + DAY_MS,
): Promise<string> {
  const list = await X509CrlGenerator.create({
    issuer: by.name,
    thisUpdate: new Date(NOW - DAY_MS),
    nextUpdate: new Date(nextUpdate),
    entries: revoked.map((serialNumber) => new X509CrlEntry(serialNumber, new Date(NOW - DAY_MS), [])),
    signingKey: by.keys.privateKey,
    signingAlgorithm: ALGORITHM,
  });
  lists.set(path, new Uint8Array(list.rawData));
  return at + path;
}

function checkBy(root: Authority, isAllowed?: (address: string) => boolean) {
  const clock = new ManualClock(NOW);
  const check = certificateCheck(
    clock,
    [root.pem],
    new RevocationLists(listFetcher(isAllowed), { clock, log: silentLog }),
  );
  return (...certificates: readonly Uint8Array[]) => check.validate(certificates, [], { checkRevocation: true });
}
const anywhere = () => true;

describe('lists of revoked certificates', () => {
  it('tell who was revoked and who was not; each is fetched once', async () => {
    const root = await authority('CN=The root');
    const url = await publish('/good', root, ['0a']);
    const validate = checkBy(root, anywhere);
    asked = [];
    expect(await validate(await issue(root, '0a', url), await issue(root, '0b', url))).toEqual(['revoked', 'valid']);
    expect(await validate(await issue(root, '0c', url))).toEqual(['valid']);
    expect(asked).toEqual(['/good']);
  });

  it('tell nothing where they are not there, moved, of another, have had their day, or are none', async () => {
    const [root, other] = [await authority('CN=The root'), await authority('CN=The root')];
    await publish('/good', root, []);
    lists.set('/none', Buffer.from('no list'));
    const urls = [
      undefined,
      `${at}/missing`,
      `${at}/moved`,
      `${at}/none`,
      await publish('/forged', other, []),
      await publish('/old', root, [], NOW - 1),
      'ldap://127.0.0.1/cn=list',
      'file:///etc/passwd',
    ];
    const validate = checkBy(root, anywhere);
    for (const url of urls) {
      const certificate = await issue(root, '0a', ...(url === undefined ? [] : [url]));
      expect(await validate(certificate), String(url)).toEqual(['revocation-unknown']);
    }
    expect(asked.filter((it) => it === '/good')).toHaveLength(1);
  });

  it('one request does not make the server go from list to list', async () => {
    const root = await authority('CN=The root');
    asked = [];
    const many = await Promise.all(Array.from({ length: 12 }, (_, n) => issue(root, `1${n}`, `${at}/list${n}`)));
    expect(new Set(await checkBy(root, anywhere)(...many))).toEqual(new Set(['revocation-unknown']));
    expect(asked).toHaveLength(6);
  });

  it('are never fetched from an address inside, by number or by name', async () => {
    const root = await authority('CN=The root');
    const { port } = new URL(await publish('/inside', root, []));
    asked = [];
    const validate = checkBy(root);
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '[::ffff:127.0.0.1]']) {
      const certificate = await issue(root, '0a', `http://${host}:${port}/inside`);
      expect(await validate(certificate), host).toEqual(['revocation-unknown']);
    }
    expect(asked).toEqual([]);
    for (const inside of [
      '10.1.2.3',
      '172.20.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '224.0.0.1',
      '::1',
      'fe80::1',
      'fd00::1',
      '::ffff:10.0.0.1',
      '64:ff9b::a00:1',
      '2002:a00:1::1',
      'no address',
    ])
      expect(isOutside(inside), inside).toBe(false);
    for (const outside of ['93.184.216.34', '8.8.8.8', '2606:2800:220:1::1'])
      expect(isOutside(outside), outside).toBe(true);
  });
});
