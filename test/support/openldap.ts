/** A real OpenLDAP of a test's own, on loopback, filled from LDIF. Test files that need it are named `*.openldap.test.ts`. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'ldapts';
import { freePorts } from './dovecot.ts';

const BINARY = '/usr/sbin/slapd';
const START_LIMIT_MS = 15_000;
const PROBE_INTERVAL_MS = 50;
const run = promisify(execFile);

export const BASE_DN = 'dc=example,dc=org';
export const BIND_DN = `cn=caravan,${BASE_DN}`;
export const BIND_PASSWORD = 'directory-secret';

const configuration = (root: string) => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${root}/slapd.pid
sizelimit size.soft=50 size.hard=200 size.pr=200 size.prtotal=unlimited
require bind
access to attrs=userPassword by anonymous auth by * none
access to * by users read by anonymous auth by * none
database mdb
suffix "${BASE_DN}"
rootdn "cn=root,${BASE_DN}"
maxsize 10485760
directory ${root}/data
`;

const HEAD = `dn: ${BASE_DN}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=people,${BASE_DN}
objectClass: organizationalUnit
ou: people

dn: ${BIND_DN}
objectClass: simpleSecurityObject
objectClass: organizationalRole
cn: caravan
userPassword: ${BIND_PASSWORD}
`;

export class OpenLdap {
  readonly url: string;
  readonly #root: string;
  #process: ChildProcess | undefined;

  private constructor(root: string, port: number) {
    this.#root = root;
    this.url = `ldap://127.0.0.1:${port}`;
  }

  /** `people`: LDIF entries, in `ou=people` of the base. */
  static async start(people: readonly string[]): Promise<OpenLdap> {
    if (!existsSync(BINARY)) throw new Error(`OpenLDAP is not installed (looked for ${BINARY}): apt-get install slapd`);
    const root = await mkdtemp(join(tmpdir(), 'caravan-openldap-'));
    await mkdir(join(root, 'data'));
    await writeFile(join(root, 'slapd.conf'), configuration(root));
    await writeFile(join(root, 'people.ldif'), [HEAD, ...people].join('\n'));
    await run('/usr/sbin/slapadd', ['-f', join(root, 'slapd.conf'), '-l', join(root, 'people.ldif')]);
    const [port] = await freePorts(1);
    const server = new OpenLdap(root, port as number);
    await server.resume();
    return server;
  }

  async resume(): Promise<void> {
    const child = spawn(BINARY, ['-d', '0', '-h', this.url, '-f', join(this.#root, 'slapd.conf')], { stdio: 'ignore' });
    this.#process = child;
    const until = performance.now() + START_LIMIT_MS;
    while (performance.now() < until && child.exitCode === null) {
      const client = new Client({ url: this.url, connectTimeout: 1_000, timeout: 1_000 });
      try {
        await client.bind(BIND_DN, BIND_PASSWORD);
        return;
      } catch {
        await new Promise((done) => setTimeout(done, PROBE_INTERVAL_MS));
      } finally {
        await client.unbind().catch(() => undefined);
      }
    }
    throw new Error(`OpenLDAP did not come up at ${this.url}`);
  }

  async pause(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await ended;
  }

  async stop(): Promise<void> {
    await this.pause();
    await rm(this.#root, { recursive: true, force: true });
  }
}
