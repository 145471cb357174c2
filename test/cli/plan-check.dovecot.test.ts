// `caravan plan check` against a real Dovecot, Radicale and OpenLDAP: what works, what does not, and why.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { getServers, setServers } from 'node:dns';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDnsServer } from '../support/dns-server.ts';
import { Dovecot } from '../support/dovecot.ts';
import { freePort } from '../support/loopback.ts';
import { BASE_DN, BIND_DN, BIND_PASSWORD, OpenLdap } from '../support/openldap.ts';
import { Radicale } from '../support/radicale.ts';
import { SmtpSink } from '../support/smtp-sink.ts';
import { callCaravan } from './support/in-process.ts';

const USERS = { ada: 'ada-secret' };
const PERSON = `dn: cn=Ada Byron,ou=people,${BASE_DN}
objectClass: inetOrgPerson
cn: Ada Byron
sn: Byron
mail: ada@example.org
`;

let dovecot: Dovecot;
let radicale: Radicale;
let ldap: OpenLdap;
let smtp: SmtpSink;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caravan-check-'));
  [dovecot, radicale, ldap, smtp] = await Promise.all([
    Dovecot.start({ users: USERS, tls: 'starttls' }),
    Radicale.start(USERS),
    OpenLdap.start([PERSON]),
    SmtpSink.start({ users: USERS }),
  ]);
  await writeFile(join(directory, 'ca.pem'), dovecot.certificate ?? '');
  await radicale.makeCalendar('ada', 'home', 'Home');
  await radicale.makeAddressBook('ada', 'people', 'People');
});
afterAll(async () => {
  await Promise.all([dovecot?.stop(), radicale?.stop(), ldap?.stop(), smtp?.stop()]);
  await rm(directory, { recursive: true, force: true });
});

type Settings = Readonly<Record<string, unknown>>;

const mailOf = (changes: Settings = {}): Settings => ({
  kind: 'imap',
  host: 'localhost',
  port: dovecot.imapPort,
  tls: 'starttls',
  caFile: join(directory, 'ca.pem'),
  domain: 'example.invalid',
  smtp: { host: '127.0.0.1', port: smtp.port, tls: 'off' },
  ...changes,
});

interface Finding {
  readonly level: string;
  readonly what: string;
  readonly why?: string;
}
interface Result {
  readonly code: number | null;
  readonly err: string;
  of(part: string): readonly Finding[];
}

async function check(settings: Settings, ...flags: readonly string[]): Promise<Result> {
  const file = join(directory, 'caravan-server.json');
  await writeFile(file, JSON.stringify(settings));
  const { code, out, err } = await callCaravan('plan', 'check', file, '--json', ...flags);
  const { checked } = JSON.parse(out) as {
    checked: readonly { probes: readonly { part: string; findings: readonly Finding[] }[] }[];
  };
  return { code, err, of: (part) => checked[0]?.probes.find((it) => it.part === part)?.findings ?? [] };
}

const asAda = ['--user', 'ada@example.invalid', '--password', USERS.ada] as const;
const levels = (findings: readonly Finding[]) => findings.map(({ level }) => level);
const words = (findings: readonly Finding[]) => findings.map(({ what, why = '' }) => `${what}: ${why}`).join('\n');

describe('a mail system that is as it should be', () => {
  it('works, as a user of it sees', async () => {
    const directoryOf = { kind: 'ldap', url: ldap.url, baseDn: BASE_DN, bindDn: BIND_DN, bindPassword: BIND_PASSWORD };
    const settings = { mail: mailOf({ dav: { url: radicale.url } }), directory: directoryOf };
    const result = await check(settings, ...asAda);
    expect(result.code, result.err).toBe(0);
    const imap = words(result.of('IMAP'));
    for (const word of [/TLSv1\.[23], its certificate is valid/, /a round trip takes [\d.]+ ms/, /^ada signs in/m])
      expect(imap).toMatch(word);
    for (const name of ['IDLE', 'CONDSTORE', 'QRESYNC', 'UIDPLUS', 'MOVE', 'SPECIAL-USE'])
      expect(imap).toMatch(new RegExp(`^${name}: .*RFC`, 'm'));
    expect(words(result.of('submission'))).toMatch(/^ada signs in/m);
    const dav = words(result.of('calendars'));
    expect(dav).toMatch(/calendars are found at \/ada\//);
    expect(dav).toMatch(/ada has 1 calendars, 1 address books/);
    expect(words(result.of('directory'))).toMatch(/1 people or more are found by \(objectClass=person\)/);
    // `example.invalid` is nobody's: phones would not find it, and that is said.
    expect(levels(result.of('names'))).toEqual(['mind', 'mind']);
  });

  it('is told of to people, and says what was not tried without a user', async () => {
    const file = join(directory, 'caravan-server.json');
    await writeFile(file, JSON.stringify({ mail: mailOf() }));
    const { code, out } = await callCaravan('plan', 'check', file);
    expect(code).toBe(0);
    expect(out).toContain(`  IMAP localhost:${dovecot.imapPort}\n    ! TLSv1.`);
    expect(out).toContain('its certificate is valid for 0 days: it ends soon\n      Have it renewed.');
    expect(out).toContain('! nobody signed in: servers tell most of what they can only then\n      Name a mailbox');
    expect(out).toContain('! whether users can sign in was not tried');
  });
});

describe('calendars without an address (RFC 6764)', () => {
  /** Radicale by TLS alone, on a port that only the SRV records name. */
  async function withService(act: (caFile: string) => Promise<void>, path: string | undefined): Promise<void> {
    const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
      algorithm: 'sha256',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    });
    const caFile = join(directory, 'dav-ca.pem');
    await writeFile(caFile, pems.cert);
    const { port } = new URL(radicale.url);
    const service = createTlsServer({ key: pems.private, cert: pems.cert }, (socket) => {
      const behind = connect(Number(port), '127.0.0.1');
      for (const it of [socket, behind]) it.on('error', () => [socket, behind].forEach((each) => each.destroy()));
      socket.pipe(behind).pipe(socket);
    });
    await new Promise<void>((resolve) => service.listen(0, 'localhost', resolve));
    const srv = { port: (service.address() as { port: number }).port, name: 'localhost' };
    const names = await startDnsServer({
      '_caldavs._tcp.example.invalid': { srv, ...(path !== undefined && { txt: `path=${path}` }) },
    });
    const before = getServers();
    setServers([names.address]);
    try {
      await act(caFile);
    } finally {
      setServers(before);
      await names.stop();
      service.close();
    }
  }

  it.each([
    ['a TXT record', '/ada/', '/ada/'],
    ['the well-known path', undefined, '/.well-known/caldav'],
  ])('are found by an SRV record and %s, and looked into', async (_, path, shown) => {
    await withService(async (caFile) => {
      const result = await check({ mail: mailOf({ dav: { caFile } }) }, ...asAda);
      const dav = words(result.of('calendars'));
      expect(dav).toMatch(new RegExp(`^SRV records lead to https://localhost:\\d+${shown}: $`, 'm'));
      expect(dav).toContain('HTTPS, with a certificate that is trusted');
      expect(dav).toContain('calendars are found at /ada/');
      expect(dav).toContain('contacts are found at /ada/');
      expect(result.code, result.err).toBe(0);
    }, path);
  });

  it('are missed where DNS names none, with what to do', async () => {
    const names = await startDnsServer({});
    const before = getServers();
    setServers([names.address]);
    try {
      const result = await check({ mail: mailOf({ dav: {} }) }, ...asAda);
      expect(result.code).toBe(1);
      expect(levels(result.of('calendars'))).toEqual(['fails']);
      expect(words(result.of('calendars'))).toContain(
        'neither _caldavs._tcp.example.invalid nor _carddavs._tcp.example.invalid names one',
      );
    } finally {
      setServers(before);
      await names.stop();
    }
  });
});

describe('what will not work is told with its cause, and the exit status is 1', () => {
  it('a password that is wrong', async () => {
    const settings = { mail: mailOf({ dav: { url: radicale.url } }) };
    const result = await check(settings, '--user', 'ada', '--password', 'wrong');
    expect(result.code).toBe(1);
    expect(JSON.parse(result.err)).toMatchObject({ error: { code: 'check-failed' } });
    expect(words(result.of('IMAP'))).toContain('ada cannot sign in: the password is refused');
    expect(words(result.of('submission'))).toContain('ada cannot sign in: 535');
    expect(words(result.of('calendars'))).toContain('the collections of ada are not found');
    expect(result.err + words(result.of('IMAP'))).not.toContain('wrong"');
  });

  it('a certificate that nobody signed', async () => {
    const result = await check({ mail: mailOf({ caFile: undefined }) });
    expect(result.code).toBe(1);
    expect(words(result.of('IMAP'))).toMatch(/it cannot be spoken to: .*certificate/);
  });

  it('a port where nobody listens, and one where something else does', async () => {
    const port = await freePort();
    const shut = await check({ mail: mailOf({ port, smtp: { host: 'localhost', port, tls: 'off' } }) });
    expect(shut.code).toBe(1);
    expect(words(shut.of('IMAP'))).toContain('ECONNREFUSED');
    expect(words(shut.of('submission'))).toContain('ECONNREFUSED');
    const swapped = await check({ mail: mailOf({ port: smtp.port, tls: 'off' }) });
    expect(words(swapped.of('IMAP'))).toMatch(/it greets with '220 .*', which is not IMAP's/);
  });

  it('a server that takes connections and closes them', async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const result = await check({ mail: mailOf({ host: '127.0.0.1', port, tls: 'off' }) });
    expect(words(result.of('IMAP'))).toContain('the server closed the connection');
    server.close();
  });

  it('a directory in an address book, and what is none', async () => {
    await radicale.put(
      'ada',
      'people',
      'bob.vcf',
      'BEGIN:VCARD\r\nVERSION:4.0\r\nUID:b\r\nFN:Bob\r\nEMAIL:bob@example.org\r\nEND:VCARD\r\n',
    );
    const book = {
      kind: 'carddav',
      url: `${radicale.url}ada/people/`,
      userName: 'ada',
      bindPassword: radicale.users['ada'],
    };
    const found = await check({ mail: mailOf(), directory: book });
    expect(words(found.of('directory'))).toContain('1 people with an address are in it');
    const none = await check({ mail: mailOf(), directory: { ...book, url: `${radicale.url}ada/` } });
    expect(levels(none.of('directory'))).toEqual(['fails']);
    expect(words(none.of('directory'))).toContain('is no address book');
  });

  it('a directory that refuses the account, and one where nobody is found', async () => {
    const wrong = { kind: 'ldap', url: ldap.url, baseDn: BASE_DN, bindDn: BIND_DN, bindPassword: 'wrong' };
    const refused = await check({ mail: mailOf(), directory: wrong });
    expect(refused.code).toBe(1);
    expect(levels(refused.of('directory'))).toEqual(['fails']);
    const elsewhere = { ...wrong, bindPassword: BIND_PASSWORD, filter: '(objectClass=device)' };
    const empty = await check({ mail: mailOf(), directory: elsewhere });
    expect(words(empty.of('directory'))).toContain(`nobody is found under ${BASE_DN} by (objectClass=device)`);
  });
});

it('what a server cannot do is told with what follows from it', async () => {
  const bare = await Dovecot.start({ users: USERS, withoutCapabilities: ['IDLE', 'CONDSTORE', 'QRESYNC'] });
  try {
    const result = await check({ mail: mailOf({ host: bare.host, port: bare.imapPort, tls: 'off' }) }, ...asAda);
    expect(result.code, words(result.of('IMAP'))).toBe(0);
    const imap = words(result.of('IMAP'));
    expect(imap).toContain('nothing is encrypted: passwords pass in clear');
    expect(imap).toContain('IDLE is missing: new mail is looked for every 10 to 60 s');
    expect(imap).toContain('CONDSTORE is missing: each look at a folder reads the flags of all its messages');
  } finally {
    await bare.stop();
  }
});

it('the places of a caravan.json are looked at one by one, with the names that phones are given', async () => {
  const file = join(directory, 'caravan.json');
  const certificate = 'arn:aws:acm:eu-central-1:123456789012:certificate/1';
  const place = {
    name: 'frankfurt',
    region: 'eu-central-1',
    zones: ['eu-central-1a', 'eu-central-1b'],
    certificate,
    network: { cidr: '10.20.0.0/16' },
    mail: {
      host: dovecot.host,
      port: dovecot.imapPort,
      tls: 'off',
      domain: 'example.invalid',
      smtp: { port: smtp.port, tls: 'off' },
    },
  };
  await writeFile(file, JSON.stringify({ name: 'caravan', domain: 'sync.example.invalid', standalone: [place] }));
  const { code, out } = await callCaravan('plan', 'check', file);
  expect(code, out).toBe(0);
  expect(out).toMatch(/^frankfurt \(eu-central-1\)\n {2}IMAP 127\.0\.0\.1/);
  expect(out).toContain('! sync.example.invalid is not known');
});
