/** `caravan init`: asks what a deployment to AWS cannot do without, and writes `caravan.json`. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { parseTopology, TopologyError } from '../../topology/index.ts';
import { Asker } from '../ask.ts';
import { CliError } from '../errors.ts';
import { openTerminal, type Terminal } from '../terminal.ts';
import { mustNotBe, writeText } from '../write-file.ts';
import { type Answers, fileOf, nameOf, type Question, QUESTIONS } from './questions.ts';

interface InitOptions extends Readonly<Record<string, string | boolean | undefined>> {
  readonly file: string;
  readonly standalone?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function defineInit(command: Command): void {
  command
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
  mustNotBe(file, options.force === true, '--file');
  const kind = options.standalone === true ? 'standalone' : 'pools';
  const canAsk = process.stdin.isTTY && options.json !== true;
  const asker = canAsk ? new Asker() : undefined;
  let answers: Answers = {};
  try {
    for (const question of QUESTIONS) {
      const given = options[nameOf(question.flag)];
      const complaint = (value: string) => complaintOf(kind, question, { ...answers, [nameOf(question.flag)]: value });
      const answer = typeof given === 'string' ? given : await ask(question, answers, complaint, asker);
      const expected = complaint(answer);
      if (expected !== undefined)
        throw new CliError('bad-option', `--${question.flag} is '${answer}'`, `Expected is ${expected}.`);
      answers = { ...answers, [nameOf(question.flag)]: answer };
    }
  } finally {
    asker?.close();
  }
  const content = fileOf(kind, answers);
  parseTopology(content, `file ${file}`);
  writeText(file, `${JSON.stringify(content, undefined, 2)}\n`, '--file');
  terminal.result(
    { file },
    `${file} is written. Next: npx cdk synth --all -c config=${options.file}, then docs/deploy.md; docs/caravan-json.md tells what else can stand in it.`,
  );
}

async function ask(
  { flag, asks, offered }: Question,
  answers: Answers,
  complaint: (value: string) => string | undefined,
  asker: Asker | undefined,
): Promise<string> {
  if (asker === undefined)
    throw new CliError('bad-option', `--${flag} is not given, and nobody can be asked`, `It is: ${asks}.`);
  return asker.ask({ asks, offer: offered?.(answers), complaint });
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
