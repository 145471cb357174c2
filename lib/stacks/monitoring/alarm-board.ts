/** Alarms that somebody is told of. Each says what to do: docs/operations-aws.md has more under its name. */
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

export interface AlarmBoardProps {
  readonly key: IKey;
  /** Who is told. */
  readonly email?: string | undefined;
}

export interface AlarmDetails {
  readonly metric: IMetric;
  /** What happened, and what to do: a sentence each. */
  readonly description: string;
  readonly threshold: number;
  /** Default: at the threshold or above it. */
  readonly isBelow?: boolean;
  /** So many minutes… */
  readonly minutes: number;
  /** …of the last. Default: `minutes`. */
  readonly ofMinutes?: number;
  /** Whether no figure is as bad as a wrong one. Default: it is as good as a right one. */
  readonly isBadIfMissing?: boolean;
}

export class AlarmBoard extends Construct {
  readonly topic: Topic;
  readonly alarms: Alarm[] = [];

  constructor(scope: Construct, id: string, { key, email }: AlarmBoardProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { masterKey: key, enforceSSL: true });
    const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
    key.grantEncryptDecrypt(cloudWatch);
    // A topic with a policy of its own has lost the one by which its account's alarms may publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudWatch],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: {
          ArnLike: {
            'aws:SourceArn': Stack.of(this).formatArn({
              service: 'cloudwatch',
              resource: 'alarm',
              resourceName: '*',
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    );
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
  }

  add(name: string, details: AlarmDetails): void {
    const { metric, description, threshold, isBelow, minutes, ofMinutes, isBadIfMissing } = details;
    const alarm = new Alarm(this, name, {
      metric,
      alarmDescription: description,
      threshold,
      comparisonOperator:
        isBelow === true
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: ofMinutes ?? minutes,
      datapointsToAlarm: minutes,
      treatMissingData: isBadIfMissing === true ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
    this.alarms.push(alarm);
  }
}

/** The period of every figure that is watched. */
export const MINUTE = Duration.minutes(1);
