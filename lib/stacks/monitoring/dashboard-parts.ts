/** What the pages of CloudWatch are made of: alarms at the top, then a question a heading and three figures a row. */
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  PeriodOverride,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

export interface PageProps {
  readonly name: string;
  readonly alarms: readonly IAlarm[];
}

const WIDTH = 24;
const THIRD = 8;
export const COMMANDS = ['Sync', 'FolderSync', 'Ping', 'SendMail', 'ItemOperations'] as const;

export function createPage(scope: Construct, { name, alarms }: PageProps, rows: readonly IWidget[][]): Dashboard {
  return new Dashboard(scope, 'Page', {
    dashboardName: name,
    periodOverride: PeriodOverride.INHERIT,
    widgets: [[new AlarmStatusWidget({ title: 'Alarms', width: WIDTH, height: 3, alarms: [...alarms] })], ...rows],
  });
}

export const graph = (title: string, left: IMetric[], right: IMetric[] = []): IWidget =>
  new GraphWidget({ title, left, right, width: THIRD, leftYAxis: { min: 0 } });

export const heading = (question: string): IWidget[] => [
  new TextWidget({ markdown: `## ${question}`, width: WIDTH, height: 1 }),
];
