/**
 * `npm run bench`: every figure that is held against a target, beside a bare baseline of the same run. Figures go to standard
 * output as one table (`--json`: as JSON), progress to standard error. `npm run bench -- wbxml first-sync` runs only these.
 */
import { findDovecot } from '../support/dovecot.ts';
import { benchBundles } from './bundles.ts';
import { benchDav } from './dav.ts';
import type { Figure } from './figure.ts';
import { benchFolders } from './folders.ts';
import { describeMachine, machineText } from './machine.ts';
import { benchResources } from './resources.ts';
import { benchStandalone, STANDALONE_PARTS, type StandalonePart } from './standalone.ts';
import { benchStore } from './store.ts';
import { notesOf, tableOf } from './table.ts';
import { benchTracing } from './tracing.ts';
import { benchWbxml } from './wbxml.ts';

type Say = (text: string) => void;

const OTHERS: Readonly<Record<string, () => readonly Figure[] | Promise<readonly Figure[]>>> = {
  wbxml: benchWbxml,
  store: benchStore,
  folders: benchFolders,
  resources: benchResources,
  bundles: benchBundles,
  tracing: benchTracing,
};
/** They need Dovecot too. */
const WITH_DOVECOT: typeof OTHERS = { dav: benchDav };
const STANDALONE = 'standalone';
const NAMES: readonly string[] = [
  ...Object.keys(OTHERS),
  ...Object.keys(WITH_DOVECOT),
  STANDALONE,
  ...STANDALONE_PARTS,
];
const USAGE = `Usage: npm run bench [-- [--json] [name …]]
Names: ${NAMES.join(', ')}; ${STANDALONE} is ${STANDALONE_PARTS.join(', ')}. Without names: all.`;
const NEEDS_DOVECOT = `The figures of the standalone server need Dovecot, which is not installed here. On Debian and Ubuntu:

    apt-get install dovecot-imapd dovecot-lmtpd

What runs without it: npm run bench -- ${Object.keys(OTHERS).join(' ')}`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const names = args.filter((it) => !it.startsWith('--'));
  const unknown = [...names.filter((it) => !NAMES.includes(it)), ...args.filter((it) => /^--(?!json$)/.test(it))];
  if (unknown.length > 0) return complain(`Unknown: ${unknown.join(', ')}.\n${USAGE}`);
  const wanted = (name: string) => names.length === 0 || names.includes(name);
  const parts = STANDALONE_PARTS.filter((it) => wanted(STANDALONE) || wanted(it));
  const needsDovecot = parts.length > 0 || Object.keys(WITH_DOVECOT).some(wanted);
  if (needsDovecot && !findDovecot()) return complain(NEEDS_DOVECOT);
  const machine = describeMachine();
  const say: Say = (text) => process.stderr.write(`… ${text}\n`);
  const figures = await measure(wanted, parts, say);
  const isJson = args.includes('--json');
  process.stdout.write(
    isJson
      ? `${JSON.stringify({ machine, figures }, undefined, 2)}\n`
      : `${machineText(machine)}\n\n${tableOf(figures)}\n\n${notesOf(figures)}`,
  );
  return 0;
}

async function measure(
  wanted: (name: string) => boolean,
  parts: readonly StandalonePart[],
  say: Say,
): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const [name, bench] of Object.entries({ ...OTHERS, ...WITH_DOVECOT })) {
    if (!wanted(name)) continue;
    say(name);
    figures.push(...(await bench()));
  }
  if (parts.length > 0) figures.push(...(await benchStandalone(say, parts)));
  return figures;
}

function complain(text: string): number {
  process.stderr.write(`${text}\n`);
  return 2;
}
