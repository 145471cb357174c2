/** `caravan plan`: which topology, why, and the caravan.json of it. */
import type { Command } from 'commander';
import { describePlan, drawPlan, loadNeeds, type Needs, plan } from '../../topology/index.ts';
import { CliError } from '../errors.ts';
import { openTerminal } from '../terminal.ts';
import { mustNotBe, writeText } from '../write-file.ts';
import { checkCommand } from './check.ts';
import { askNeeds } from './questions.ts';

interface PlanOptions {
  readonly json?: boolean;
  readonly svg?: string;
  readonly write?: string;
  readonly save?: string;
  readonly force?: boolean;
}

export function definePlan(command: Command): void {
  command
    .argument('[file]', 'what is needed (docs/plan-json.md); without, it is asked for')
    .option('--write <file>', 'write the caravan.json that is deployed')
    .option('--svg <file>', 'draw the topology')
    .option('--save <file>', 'write what was answered, to plan with again')
    .option('--force', 'write over files that are there')
    .option('--json', 'the plan as JSON')
    .action(run)
    .addCommand(checkCommand());
}

async function run(file: string | undefined, options: PlanOptions): Promise<void> {
  const terminal = openTerminal(options.json === true, process.stdout, process.stderr);
  for (const name of ['write', 'svg', 'save'] as const)
    if (options[name] !== undefined) mustNotBe(options[name], options.force === true, `--${name}`);
  const { needs, content } = file === undefined ? await asked(options) : { needs: loadNeeds(file), content: undefined };
  const made = plan(needs);
  const written: string[] = [];
  const keep = (name: 'write' | 'svg' | 'save', text: string) => {
    const to = options[name];
    if (to === undefined) return;
    writeText(to, text, `--${name}`);
    written.push(to);
  };
  keep('write', asJson(made.deployment));
  keep('svg', drawPlan(made));
  if (content !== undefined) keep('save', asJson(content));
  const told = written.length === 0 ? '' : `\nWritten: ${written.join(', ')}.`;
  terminal.result({ ...made, written }, `${describePlan(made).trimEnd()}${told}`);
}

const asJson = (content: object): string => `${JSON.stringify(content, undefined, 2)}\n`;

async function asked({ json }: PlanOptions): Promise<{ readonly needs: Needs; readonly content: object }> {
  if (!process.stdin.isTTY || json === true)
    throw new CliError(
      'bad-option',
      'There is no file to plan with, and nobody can be asked',
      'Name one: `caravan plan examples/plan-one-office.json`; docs/plan-json.md tells what stands in it.',
    );
  return askNeeds();
}
