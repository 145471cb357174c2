import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { headerFields, headerValue, type Mailbox, UidRuns } from '../../../lib/backends/index.ts';
import { makeRoot, startSystem } from './setup.ts';

const FOLDERS = ['INBOX', 'Archive', 'Sent'];
const WORKER = join(import.meta.dirname, 'busy-worker.ts');

/** What all workers were told, and whether it still holds. */
class Ledger {
  readonly delivered = new Set<string>();
  /** `folder validity uid` → Message-ID */
  readonly uids = new Map<string, string>();

  record(line: string): void {
    const [word, ...rest] = line.split(' ');
    if (word === 'delivered') this.delivered.add(rest[0] ?? '');
    if (word === 'uid') this.#claim(rest.slice(0, 3).join(' '), rest[3] ?? '');
  }

  async check(mailbox: Mailbox): Promise<void> {
    const places = new Map<string, string[]>();
    for (const folder of FOLDERS) {
      const { messages, validity } = await mailbox.changes(folder);
      const fetched = await mailbox.fetch(
        folder,
        messages.map((message) => message.uid),
        () => [],
      );
      expect(fetched).toHaveLength(messages.length);
      for (const { uid, header } of fetched) {
        const messageId = headerValue(headerFields(header), 'message-id') ?? '';
        this.#claim(`${folder} ${validity} ${uid}`, messageId);
        places.set(messageId, [...(places.get(messageId) ?? []), folder]);
      }
    }
    const lost = [...this.delivered].filter((messageId) => !places.has(messageId));
    expect(lost).toEqual([]);
    const doubled = [...places].filter(([, folders]) => folders.length > 1);
    expect(doubled).toEqual([]);
  }

  #claim(key: string, messageId: string): void {
    const former = this.uids.get(key);
    if (former !== undefined && former !== messageId) throw new Error(`${key} was ${former}, is ${messageId} now`);
    this.uids.set(key, messageId);
  }
}

interface Worker {
  readonly process: ChildProcess;
  readonly ready: Promise<void>;
  /** All it said has been read. */
  readonly ended: Promise<number | null>;
}

function startWorker(
  children: Set<ChildProcess>,
  root: string,
  name: string,
  ledger: Ledger,
  ...rest: string[]
): Worker {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WORKER, root, name, ...rest], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  let ready: () => void = () => undefined;
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'ready') ready();
    // A line is written at once, but the kill may come between two.
    else ledger.record(line);
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return { process: child, ready: isReady, ended };
}

describe('mail folders', () => {
  let root: string;
  const children = new Set<ChildProcess>();
  beforeAll(async () => {
    root = await makeRoot();
  });
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it('survive kill -9: in 20 rounds no UID is given twice and no message is lost or doubled', async () => {
    const ledger = new Ledger();
    const validities = new Set<string>();
    for (let round = 0; round < 20; round++) {
      const worker = startWorker(children, root, `kill-${round}`, ledger);
      await worker.ready;
      await new Promise((resolve) => setTimeout(resolve, 10 + ((round * 37) % 200)));
      worker.process.kill('SIGKILL');
      await worker.ended;
      const started = await startSystem({ root });
      const mailbox = await started.open();
      await ledger.check(mailbox);
      for (const folder of FOLDERS) validities.add(`${folder} ${(await mailbox.changes(folder)).validity}`);
      await started.stop();
    }
    expect(ledger.delivered.size).toBeGreaterThan(50);
    expect(validities.size).toBe(FOLDERS.length);
  }, 180_000);

  it('serve three processes at once, one of them killed', async () => {
    const ledger = new Ledger();
    const started = await startSystem({ root });
    const mailbox = await started.open();
    const workers = [
      startWorker(children, root, 'one', ledger, '60'),
      startWorker(children, root, 'two', ledger, '60'),
      startWorker(children, root, 'doomed', ledger),
    ];
    await Promise.all(workers.map((worker) => worker.ready));
    // And this process looks on.
    const before = await mailbox.changes('INBOX');
    await new Promise((resolve) => setTimeout(resolve, 200));
    workers[2]?.process.kill('SIGKILL');
    for (let i = 0; i < 20; i++) await mailbox.changes('INBOX');
    const codes = await Promise.all(workers.map((worker) => worker.ended));
    expect(codes).toEqual([0, 0, null]);
    await ledger.check(mailbox);
    expect(Number((await mailbox.changes('INBOX')).modseq)).toBeGreaterThan(Number(before.modseq));
    expect([...ledger.delivered].filter((id) => id.startsWith('<one-') || id.startsWith('<two-'))).toHaveLength(240);
    await started.stop();
  }, 120_000);

  it.each([
    ['is missing', async (path: string) => rm(path)],
    ['is empty', async (path: string) => writeFile(path, '')],
    ['is nonsense', async (path: string) => writeFile(path, 'dovecot-uidlist\n')],
    [
      'has nonsense in the middle',
      async (path: string) => writeFile(path, 'caravan-uids 1 1 5 5 0123456789abcdef\n+ what\n'),
    ],
  ])('begin a new validity when the UID list %s', async (_, damage) => {
    const started = await startSystem({ root });
    const mailbox = await started.open();
    const before = await mailbox.changes('Archive');
    const path = join(root, 'ada', 'mail', '.Archive', 'caravan-uids');
    await damage(path);
    const same = await mailbox.changes('Archive', {
      validity: before.validity,
      modseq: before.modseq,
      known: UidRuns.empty,
    });
    expect(same.complete).toBe(true);
    expect(Number(same.validity)).toBeGreaterThan(Number(before.validity));
    expect(same.messages).toHaveLength(before.messages.length);
    await started.stop();
  });

  it('cut off a line that a crash left torn, and keep the validity', async () => {
    const path = join(root, 'ada', 'mail', '.Archive', 'caravan-uids');
    const first = await startSystem({ root });
    const before = await (await first.open()).changes('Archive');
    await first.stop();
    await writeFile(path, '+ 99999 99', { flag: 'a' });
    const second = await startSystem({ root });
    const mailbox = await second.open();
    const { uid, validity } = await mailbox.append('Archive', Buffer.from('Subject: x\r\n\r\n'), { flags: [] });
    expect(validity).toBe(before.validity);
    expect(uid).toBe(Math.max(0, ...before.messages.map((message) => message.uid)) + 1);
    await second.stop();
  });

  it('leave nothing behind in tmp but what was being written when it was killed', async () => {
    const left = await readdir(join(root, 'ada', 'mail', 'tmp'));
    expect(left.length).toBeLessThanOrEqual(21);
  });
});
