// What a call loads before it does anything, and what it says where it cannot.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Help } from 'commander';
import { afterAll, expect, it } from 'vitest';
import { COMMANDS } from '../../lib/cli/main.ts';
import { callCaravan } from './support/in-process.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/caravan.ts');
const directory = mkdtempSync(join(tmpdir(), 'caravan-start-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Tells the rooms of lib/ that were loaded. */
const WATCH = `import { registerHooks } from 'node:module';
const rooms = new Set();
registerHooks({
  load(url, context, next) {
    const room = /\\/lib\\/(\\w+)\\/[^?]*$/.exec(url.replace(/.*node_modules.*/, ''))?.[1];
    if (room) rooms.add(room);
    return next(url, context);
  },
});
process.on('exit', () => process.stderr.write('rooms: ' + [...rooms].sort().join(' ')));`;

function roomsOf(...words: readonly string[]): string | undefined {
  const watch = `data:text/javascript,${encodeURIComponent(WATCH)}`;
  const { stderr } = spawnSync(process.execPath, ['--import', watch, PROGRAM, ...words], { encoding: 'utf8' });
  return /rooms: (.*)/.exec(stderr)?.[1];
}

it('the code of a command is loaded when it is called', () => {
  expect(roomsOf('--help')).toBe('cli platform');
  expect(roomsOf('pool', 'show', '--directory', directory)).toBe('cli platform pool');
  expect(roomsOf('help', 'device')).toBe('activesync cli platform');
  expect(roomsOf('plan', 'nowhere.json')).toBe('cli platform topology');
}, 120_000);

it.each(COMMANDS)('the help of all lists $usage as it is', async ({ usage, about, load }) => {
  const command = new Command(usage.split(' ')[0]).description(about);
  (await load())(command);
  expect(new Help().subcommandTerm(command)).toBe(usage);
});

it('the help of one command is whole, however it is asked for', async () => {
  const { out } = await callCaravan('help', 'outbox');
  expect(out).toContain('Sent mail that could not be handed on');
  expect(out).toMatch(/^ {2}retry /m);
  expect((await callCaravan('outbox', '--help')).out).toBe(out);
});

it('a Node that is too old says in one line which is needed', () => {
  const old = join(directory, 'old.cjs');
  writeFileSync(old, "Object.defineProperty(process, 'versions', { value: { node: '20.1.0' } });");
  // As of Node 20, which knows no types.
  const flags = ['--no-experimental-strip-types', '--require', old];
  const { status, stderr } = spawnSync(process.execPath, [...flags, PROGRAM, '--version'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr:
      'caravan: This is Node 20.1.0, and Caravan needs Node 24: `npm ci` brings one along, which `npx caravan` uses.\n',
  });
});
