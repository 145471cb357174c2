/** `caravan init`: asks what a deployment to AWS cannot do without, and writes `caravan.json`. */
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline/promises';
import type { Command } from 'commander';
import { reasonOf } from '../../platform/index.ts';
import { parseTopology, TopologyError } from '../../topology/index.ts';
import { CliError } from '../errors.ts';
import { openTerminal, type Terminal } from '../terminal.ts';
import { type Answers, fileOf, nameOf, type Question, QUESTIONS } from './questions.ts';

interface InitOptions extends Readonly<Record<string, string | boolean | undefined>> {
  readonly file: string;
  readonly standalone?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function addInitCommand(program: Command): void {
  const command = program
    .command('init')
    .description('Write caravan.json, which `npx cdk deploy` makes a pool of in AWS; asks for what no flag says.')
    .option('--file <file>', 'the file', 'caravan.json')
    .option('--standalone', 'a server alone in place of a pool')
    .option('--force', 'write over a file that is there')
    .option('--json', 'tell the result, or what is wrong, as JSON; asks nothing');
  for (const { flag, asks } of QUESTIONS) command.option(`--${flag} <value>`, asks);
  command.action(async (options: InitOptions) => {
    await init(options, openTerminal(options.json === true, process.stdout, process.stderr));
  });
}

async function init(options: InitOptions, terminal: Terminal): Promise<void> {
  const file = resolve(options.file);
  if (existsSync(file) && options.force !== true)
    throw new CliError(
      'bad-option',
      `${file} is there already`,
      'Name another with --file, or add --force to write over it.',
    );
  const kind = options.standalone === true ? 'standalone' : 'pools';
  const canAsk = process.stdin.isTTY && options.json !== true;
  const lines = canAsk ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
  let answers: Answers = {};
  try {
    for (const question of QUESTIONS) {
      const given = options[nameOf(question.flag)];
      const complaint = (value: string) => complaintOf(kind, question, { ...answers, [nameOf(question.flag)]: value });
      const answer = typeof given === 'string' ? given : await ask(question, answers, complaint, lines);
      const expected = complaint(answer);
      if (expected !== undefined)
        throw new CliError('bad-option', `--${question.flag} is '${answer}'`, `Expected is ${expected}.`);
      answers = { ...answers, [nameOf(question.flag)]: answer };
    }
  } finally {
    lines?.close();
  }
  const content = fileOf(kind, answers);
  parseTopology(content, `file ${file}`);
  write(file, content);
  terminal.result(
    { file },
    `${file} is written. Next: npx cdk synth --all -c config=${options.file}, then docs/deploy.md; docs/caravan-json.md tells what else can stand in it.`,
  );
}

async function ask(
  { flag, asks, offered }: Question,
  answers: Answers,
  complaint: (value: string) => string | undefined,
  lines: Interface | undefined,
): Promise<string> {
  const offer = offered?.(answers);
  if (lines === undefined) {
    throw new CliError('bad-option', `--${flag} is not given, and nobody can be asked`, `It is: ${asks}.`);
  }
  const ended = new AbortController();
  lines.once('close', () =>
    ended.abort(new CliError('bad-option', 'The questions were broken off', 'Nothing is written: begin again.')),
  );
  for (;;) {
    const question = `${asks}${offer === undefined ? '' : ` [${offer}]`}: `;
    const answer =
      (await lines.question(question, { signal: ended.signal }).catch(rethrowReason)).trim() || (offer ?? '');
    const expected = complaint(answer);
    if (expected === undefined) return answer;
    process.stdout.write(`Expected is ${expected}.\n`);
  }
}

/** Readline tells that it was aborted, and keeps why in the cause. */
function rethrowReason(thrown: unknown): never {
  throw (thrown as Error).cause ?? thrown;
}

/** What was expected in place of the answer; undefined for a good one. */
function complaintOf(kind: 'pools' | 'standalone', { key }: Question, answers: Answers): string | undefined {
  try {
    parseTopology(fileOf(kind, answers), 'answer');
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof TopologyError)) throw thrown;
    const isAbout = (told: string) =>
      told
        .replace(/ is not set$/, '')
        .replace(/(\.zones)\[\d+\]$/, '$1')
        .endsWith(key);
    return thrown.problems.find((problem) => isAbout(problem.key))?.expected;
  }
}

function write(file: string, content: object): void {
  try {
    writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
  } catch (cause) {
    throw new CliError(
      'cannot-keep-state',
      `${file} cannot be written: ${reasonOf(cause)}`,
      'Name another with --file.',
      cause,
    );
  }
}
