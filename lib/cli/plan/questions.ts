/** What `caravan plan` asks where no file says it: one mail system and its sites. All else stands in a file (docs/plan-json.md). */
import { NeedsError, type Needs, parseNeeds } from '../../topology/index.ts';
import { Asker } from '../ask.ts';

interface Question {
  readonly asks: string;
  /** Where the answer stands in a file: `mailSystems.0.host`. */
  readonly key: string;
  readonly offer?: string | ((answered: (key: string) => unknown) => string);
  readonly isNumber?: boolean;
  /** `-` leaves it out. */
  readonly mayBeLeft?: boolean;
}

type Content = { [name: string]: unknown };

const LEFT_OUT = '-';
const QUESTIONS: readonly Question[] = [
  { asks: 'The name that phones are given', key: 'domain', offer: 'sync.example.org' },
  { asks: 'Devices a user', key: 'devicesPerUser', offer: '1.5', isNumber: true },
  { asks: 'Growth of users, in percent a year', key: 'growthPercentPerYear', offer: '0', isNumber: true },
  { asks: 'How many years the plan must hold', key: 'horizonYears', offer: '1', isNumber: true },
  { asks: 'How much of the time users are served, in %', key: 'availabilityPercent', offer: '99.5', isNumber: true },
  {
    asks: 'The most that a month may cost, in US dollars (- for any)',
    key: 'budgetUsdPerMonth',
    offer: LEFT_OUT,
    isNumber: true,
    mayBeLeft: true,
  },
  { asks: "The users' mail domain", key: 'mailSystems.0.domain', offer: 'example.org' },
  {
    asks: 'The IMAP server',
    key: 'mailSystems.0.host',
    offer: (answered) => `imap.${String(answered('mailSystems.0.domain'))}`,
  },
  {
    asks: 'The submission server',
    key: 'mailSystems.0.smtpHost',
    offer: (answered) => `smtp.${String(answered('mailSystems.0.domain'))}`,
  },
  { asks: 'The region of AWS that is nearest to them', key: 'mailSystems.0.region', offer: 'eu-central-1' },
  { asks: 'Milliseconds from there to them and back', key: 'mailSystems.0.roundTripMs', offer: '2', isNumber: true },
];
const siteQuestions = (index: number): readonly Question[] => [
  index === 0
    ? { asks: 'The first site', key: 'sites.0.name', offer: 'office' }
    : { asks: 'Another site (- for no more)', key: `sites.${index}.name`, offer: LEFT_OUT, mayBeLeft: true },
  { asks: 'Users there', key: `sites.${index}.users`, isNumber: true },
  {
    asks: 'The region of AWS that is nearest to it',
    key: `sites.${index}.region`,
    offer: (answered) => String(answered('mailSystems.0.region')),
  },
];

/** `content` is what a file would say. */
export async function askNeeds(): Promise<{ readonly needs: Needs; readonly content: object }> {
  const content: Content = { mailSystems: [{ name: 'main' }], sites: [] };
  const asker = new Asker();
  try {
    for (const question of QUESTIONS) await ask(asker, question, content);
    for (let index = 0; await askSite(asker, index, content); index += 1);
  } finally {
    asker.close();
  }
  return { needs: parseNeeds(content, 'answers'), content };
}

/** Resolves to whether there was one. */
async function askSite(asker: Asker, index: number, content: Content): Promise<boolean> {
  const [name, ...others] = siteQuestions(index) as [Question, ...Question[]];
  if (!(await ask(asker, name, content))) return false;
  for (const question of others) await ask(asker, question, content);
  return true;
}

/** Resolves to whether it was answered. */
async function ask(asker: Asker, question: Question, content: Content): Promise<boolean> {
  const { asks, key, offer, mayBeLeft = false } = question;
  const isLeft = (answer: string) => mayBeLeft && answer === LEFT_OUT;
  const answer = await asker.ask({
    asks,
    offer: typeof offer === 'function' ? offer((other) => valueAt(content, other)) : offer,
    complaint: (text) => (isLeft(text) ? undefined : complaintOf(question, text, content)),
  });
  if (isLeft(answer)) return false;
  put(content, key, valueOf(question, answer));
  return true;
}

/** What was expected in place of the answer; undefined for a good one. What is not asked yet is not complained of. */
function complaintOf(question: Question, answer: string, content: Content): string | undefined {
  const tried = structuredClone(content);
  put(tried, question.key, valueOf(question, answer));
  try {
    parseNeeds(tried, 'answers');
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof NeedsError)) throw thrown;
    const key = question.key.replaceAll(/\.(\d+)/g, '[$1]');
    return thrown.problems.find((problem) => problem.key === key || problem.key === `${key} is not set`)?.expected;
  }
}

const valueOf = ({ isNumber }: Question, answer: string): unknown =>
  isNumber && answer !== '' && Number.isFinite(Number(answer)) ? Number(answer) : answer;

function valueAt(content: Content, key: string): unknown {
  return key.split('.').reduce<unknown>((value, name) => (value as Content | undefined)?.[name], content);
}

function put(content: Content, key: string, value: unknown): void {
  const names = key.split('.');
  const last = names.pop() ?? '';
  let at = content;
  for (const name of names) at = (at[name] ??= {}) as Content;
  at[last] = value;
}
