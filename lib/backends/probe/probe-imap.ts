/** A look at an IMAP server: encryption, what it can do, how far it is. */
import { type Clock, type Log, type Random, reasonOf } from '../../platform/index.ts';
import type { Credentials } from '../backend.ts';
import { environmentOf, type ImapConfiguration } from '../imap/configuration.ts';
import { login } from '../imap/login.ts';
import { type Finding, latencyFinding, medianOf, type Probe, type ProbeLimits } from './finding.ts';
import { LineConnection } from './line-connection.ts';

export interface ProbePlatform {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What each capability gives, and what its absence costs. */
const WANTED: readonly (readonly [name: string, gives: string, without: string])[] = [
  ['IDLE', 'tells of new mail at once (RFC 2177)', 'new mail is looked for every 10 to 60 s'],
  [
    'CONDSTORE',
    'tells of changed flags cheaply (RFC 7162)',
    'each look at a folder reads the flags of all its messages',
  ],
  ['QRESYNC', 'tells of deleted messages cheaply (RFC 7162)', 'each look at a folder lists all its messages'],
  ['UIDPLUS', 'tells where a stored message is (RFC 4315)', 'stored and moved messages are searched for'],
  ['MOVE', 'moves messages in one step (RFC 6851)', 'messages are copied and then deleted'],
  [
    'SPECIAL-USE',
    'tells which folder is for what (RFC 6154)',
    'folders for drafts, sent mail and trash are known by their names: see mail.folderNames',
  ],
];
const FOLLOWS = 'each Sync that brings something waits several of them';

export async function probeImap(
  configuration: ImapConfiguration,
  platform: ProbePlatform,
  limits: ProbeLimits,
  credentials?: Credentials,
): Promise<Probe> {
  const address = `${configuration.host}:${configuration.port}`;
  const probe = (findings: readonly Finding[], roundTripMs?: number): Probe => ({
    part: 'IMAP',
    address,
    findings,
    ...(roundTripMs !== undefined && { roundTripMs }),
  });
  let before: Greeted;
  try {
    before = await greet(configuration, platform.clock, limits);
  } catch (cause) {
    return probe([
      {
        level: 'fails',
        what: 'it cannot be spoken to',
        why: reasonOf(cause),
        remedy: 'Check mail.host, mail.port, mail.tls and mail.caFile, and that a firewall lets this machine through.',
      },
    ]);
  }
  const findings = [before.encryption, latencyFinding(before.roundTripMs, limits, FOLLOWS)];
  if (credentials === undefined) {
    const has = (name: string) => before.capabilities.has(name);
    const known = WANTED.filter(([name]) => has(name)).map(told);
    findings.push(...known, {
      level: 'mind',
      what: 'nobody signed in: servers tell most of what they can only then',
      remedy: 'Name a mailbox with --user, its password in CARAVAN_PASSWORD.',
    });
    return probe(findings, before.roundTripMs);
  }
  return probe([...findings, ...(await signedIn(configuration, platform, limits, credentials))], before.roundTripMs);
}

const told = ([name, gives]: readonly [string, string, string]): Finding => ({
  level: 'works',
  what: `${name}: ${gives}`,
});

interface Greeted {
  readonly encryption: Finding;
  readonly capabilities: ReadonlySet<string>;
  readonly roundTripMs: number;
}

/** Without signing in. */
async function greet(configuration: ImapConfiguration, clock: Clock, { timeoutMs }: ProbeLimits): Promise<Greeted> {
  const { host, port, tls, checkCertificates = true, certificateAuthorities } = configuration;
  const connection = await LineConnection.open(
    { host, port, tls, checkCertificates, certificateAuthorities },
    timeoutMs,
  );
  let serial = 0;
  const ask = async (command: string): Promise<readonly string[]> => {
    const tag = `p${++serial}`;
    connection.write(`${tag} ${command}`);
    const lines = await connection.linesUntil((line) => line.startsWith(`${tag} `));
    if (!lines.at(-1)?.startsWith(`${tag} OK`))
      throw new Error(`${command} was answered '${lines.at(-1)?.slice(tag.length + 1)}'`);
    return lines;
  };
  try {
    const greeting = await connection.line();
    if (!/^\* (OK|PREAUTH)/.test(greeting))
      throw new Error(`it greets with '${greeting.slice(0, 80)}', which is not IMAP's`);
    if (tls === 'starttls') {
      await ask('STARTTLS');
      await connection.startTls();
    }
    const lines = await ask('CAPABILITY');
    const names = lines.filter((line) => line.startsWith('* CAPABILITY ')).flatMap((line) => line.split(' ').slice(2));
    const roundTripMs = await medianOf(clock, () => ask('NOOP'));
    const encryption = connection.encryption(clock.now());
    return { encryption, capabilities: new Set(names.map((name) => name.toUpperCase())), roundTripMs };
  } finally {
    connection.close();
  }
}

async function signedIn(
  configuration: ImapConfiguration,
  platform: ProbePlatform,
  { timeoutMs }: ProbeLimits,
  credentials: Credentials,
): Promise<readonly Finding[]> {
  const seconds = Math.ceil(timeoutMs / 1_000);
  const timeouts = { ...configuration.timeouts, connectSeconds: seconds, commandSeconds: seconds };
  try {
    const session = await login(environmentOf({ ...configuration, timeouts }, platform), credentials);
    if (session === undefined)
      return [
        {
          level: 'fails',
          what: `${credentials.userName} cannot sign in`,
          why: 'the password is refused',
          remedy: 'Check the password, and mail.loginName: how users are named to the mail system.',
        },
      ];
    session.close();
    return [
      { level: 'works', what: `${credentials.userName} signs in` },
      ...WANTED.map((wanted): Finding => {
        const [name, , without] = wanted;
        if (session.has(name) || session.enabled.has(name)) return told(wanted);
        return { level: 'mind', what: `${name} is missing`, why: without };
      }),
    ];
  } catch (cause) {
    return [{ level: 'fails', what: `${credentials.userName} cannot sign in`, why: reasonOf(cause) }];
  }
}
