/** What an alarm makes of figures, reckoned as CloudWatch does: what has no figure (NaN) makes of a sum one that has none either. */
import { runInNewContext } from 'node:vm';
import type { Template } from 'aws-cdk-lib/assertions';

const FUNCTIONS = {
  FILL: (figure: number, otherwise: number) => (Number.isNaN(figure) ? otherwise : figure),
  IF: (condition: boolean, yes: number, no: number) => (condition ? yes : no),
  MAX: (figures: readonly number[]) => Math.max(...figures),
};

/** Of the one alarm whose description says `words`. */
export function mathOf(template: Template, words: string) {
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
  const alarm = alarms.find(({ AlarmDescription }) => String(AlarmDescription).includes(words));
  if (!alarm) throw new Error(`no alarm says ${words}`);
  const expression = (alarm['Metrics'] as { readonly Expression?: string }[]).find((it) => it.Expression)?.Expression;
  const reckon = (figures: Readonly<Record<string, number>>): number =>
    runInNewContext(expression ?? '', { ...FUNCTIONS, ...figures });
  return { alarm, reckon };
}
