/**
 * `npm run bench:pool`: the figures of a pool that are held against a target. They go to standard output as one table (`--json`:
 * as JSON), progress to standard error. `npm run bench:pool -- killed ping` measures only these.
 */
import { reasonOf } from '../../lib/platform/index.ts';
import { findDovecot } from '../support/dovecot.ts';
import type { Figure } from './figure.ts';
import { describeMachine, machineText } from './machine.ts';
import { benchConstrained } from './pool/constrained.ts';
import { benchFrozen } from './pool/frozen.ts';
import { benchHeld } from './pool/held.ts';
import { benchJoins } from './pool/joins.ts';
import { benchKilled, benchWaitingPing } from './pool/killed.ts';
import { benchLinks } from './pool/links.ts';
import { benchOperations } from './pool/operations.ts';
import { benchProxied } from './pool/proxied.ts';
import { benchRolling } from './pool/rolling.ts';
import { benchThroughput } from './pool/throughput.ts';
import { notesOf, tableOf } from './table.ts';

type Bench = (say: (text: string) => void) => Promise<readonly Figure[]>;

const PARTS: Readonly<Record<string, Bench>> = {
  killed: benchKilled,
  frozen: benchFrozen,
  ping: benchWaitingPing,
  rolling: benchRolling,
  joins: benchJoins,
  constrained: benchConstrained,
  proxied: benchProxied,
  held: benchHeld,
  operations: benchOperations,
  throughput: benchThroughput,
  links: benchLinks,
};
const USAGE = `Usage: npm run bench:pool [-- [--json] [name …]]
Names: ${Object.keys(PARTS).join(', ')}. Without names: all, in about half an hour.`;
const NEEDS_DOVECOT = `The figures of a pool need Dovecot, which is not installed here. On Debian and Ubuntu:

    apt-get install dovecot-imapd dovecot-lmtpd`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const names = args.filter((it) => it !== '--json');
  const unknown = names.filter((it) => !(it in PARTS));
  if (unknown.length > 0) return complain(`Unknown: ${unknown.join(', ')}.\n${USAGE}`);
  if (!findDovecot()) return complain(NEEDS_DOVECOT);
  const machine = describeMachine();
  const figures: Figure[] = [];
  const failed: string[] = [];
  for (const [name, bench] of Object.entries(PARTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const say = (text: string) => process.stderr.write(`… ${name}: ${text}\n`);
    try {
      const measured = await bench(say);
      figures.push(...measured);
      for (const it of measured) say(JSON.stringify(it));
    } catch (thrown) {
      // Half an hour of other figures is not thrown away.
      failed.push(name);
      say(`failed: ${reasonOf(thrown)}`);
    }
  }
  const text = `${machineText(machine)}\n\n${tableOf(figures)}\n\n${notesOf(figures)}`;
  process.stdout.write(args.includes('--json') ? `${JSON.stringify({ machine, figures }, undefined, 2)}\n` : text);
  return failed.length === 0 ? 0 : complain(`Failed: ${failed.join(', ')}`, 1);
}

function complain(text: string, status = 2): number {
  process.stderr.write(`${text}\n`);
  return status;
}
