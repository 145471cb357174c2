/** A real Radicale on loopback, with users of a test's own and an empty disk. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './loopback.ts';

const PROGRAM = '/usr/bin/radicale';
const PYTHON = '/usr/bin/python3';
/** Five connections may wait to be taken, and the rest must come again after a second, three, seven: a busy machine has more. */
const WITH_ROOM = `import runpy, socketserver; socketserver.TCPServer.request_queue_size = 256; runpy.run_path('${PROGRAM}', run_name='__main__')`;
const PATIENCE_MS = 60_000;
const PAUSE_MS = 50;

export class Radicale {
  readonly url: string;
  readonly users: Readonly<Record<string, string>>;
  readonly #directory: string;
  readonly #child: ChildProcess;

  private constructor(url: string, users: Readonly<Record<string, string>>, directory: string, child: ChildProcess) {
    this.url = url;
    this.users = users;
    this.#directory = directory;
    this.#child = child;
  }

  static async start(users: Readonly<Record<string, string>>): Promise<Radicale> {
    if (!existsSync(PROGRAM)) throw new Error('radicale is not installed: apt-get install radicale');
    const directory = await mkdtemp(join(tmpdir(), 'caravan-radicale-'));
    const port = await freePort();
    const passwords = join(directory, 'users');
    await writeFile(
      passwords,
      Object.entries(users)
        .map(([name, password]) => `${name}:${password}\n`)
        .join(''),
    );
    const configuration = join(directory, 'config');
    const lines = [
      '[server]',
      `hosts = 127.0.0.1:${port}`,
      // With Radicale's 8, a server that stands still with requests on their way keeps all others out.
      'max_connections = 200',
      '[auth]',
      'type = htpasswd',
      `htpasswd_filename = ${passwords}`,
      'htpasswd_encryption = plain',
      'delay = 0',
      '[storage]',
      `filesystem_folder = ${join(directory, 'collections')}`,
      '[logging]',
      'level = error',
    ];
    await writeFile(configuration, `${lines.join('\n')}\n`);
    const child = spawn(PYTHON, ['-c', WITH_ROOM, '--config', configuration], { stdio: 'ignore' });
    const radicale = new Radicale(`http://127.0.0.1:${port}/`, users, directory, child);
    await radicale.#answers();
    return radicale;
  }

  /** Makes a collection as a person does with a program of theirs. */
  async makeCalendar(user: string, name: string, displayName: string, components?: readonly string[]): Promise<void> {
    const set = components?.map((it) => `<C:comp name="${it}"/>`).join('') ?? '';
    const body = `<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop><displayname>${displayName}</displayname>${
      components ? `<C:supported-calendar-component-set>${set}</C:supported-calendar-component-set>` : ''
    }</prop></set></C:mkcalendar>`;
    await this.#request(user, 'MKCALENDAR', name, body);
  }

  async makeAddressBook(user: string, name: string, displayName: string): Promise<void> {
    const body = `<mkcol xmlns="DAV:" xmlns:CR="urn:ietf:params:xml:ns:carddav"><set><prop><resourcetype><collection/><CR:addressbook/></resourcetype><displayname>${displayName}</displayname></prop></set></mkcol>`;
    await this.#request(user, 'MKCOL', name, body);
  }

  /** Puts a resource there as another program does. */
  async put(user: string, collection: string, name: string, text: string): Promise<void> {
    const type = name.endsWith('.vcf') ? 'text/vcard' : 'text/calendar';
    await this.#send(user, 'PUT', `${collection}/${name}`, text, type);
  }

  /** Of the collection's resources, as they are on the disk. */
  async texts(user: string, collection: string): Promise<readonly string[]> {
    const directory = join(this.#directory, 'collections', 'collection-root', user, collection);
    const names = (await readdir(directory)).filter((it) => /\.(?:ics|vcf)$/.test(it) && !it.startsWith('.'));
    return Promise.all(names.map((it) => readFile(join(directory, it), 'utf8')));
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await ended;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  #request(user: string, method: string, name: string, body: string): Promise<void> {
    return this.#send(user, method, `${name}/`, body, 'application/xml');
  }

  async #send(user: string, method: string, path: string, body: string, type: string): Promise<void> {
    const authorization = `Basic ${Buffer.from(`${user}:${this.users[user]}`).toString('base64')}`;
    const headers = { authorization, 'content-type': `${type}; charset=utf-8` };
    const response = await fetch(`${this.url}${user}/${path}`, { method, headers, body });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }

  async #answers(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      if (this.#child.exitCode !== null) throw new Error(`radicale ended (${this.#child.exitCode})`);
      const response = await fetch(this.url, { redirect: 'manual' }).catch(() => undefined);
      if (response) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    throw new Error('radicale does not answer');
  }
}
