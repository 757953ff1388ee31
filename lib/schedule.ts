import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule as RuleSchedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

export interface ScheduleProps {
  readonly settings: Settings;
  readonly function: LambdaFunction;
  readonly deadLetters: IQueue;
}

/** The scheduled rule. It is always there, so that a schedule can be tried in the console; without a setting it is disabled. */
export class Schedule extends Construct {
  constructor(scope: Construct, id: string, { settings, function: target, deadLetters }: ScheduleProps) {
    super(scope, id);
    new Rule(this, 'Rule', {
      description:
        settings.schedule === undefined
          ? 'Logs out the session "default". Disabled, as the setting "schedule" is not set'
          : 'Logs out the session "default"',
      // A rule cannot be without a schedule; a disabled one never fires.
      schedule: RuleSchedule.expression(settings.schedule ?? 'rate(1 day)'),
      enabled: settings.schedule !== undefined,
      targets: [
        new FunctionTarget(target, {
          retryAttempts: 3,
          maxEventAge: Duration.hours(1),
          deadLetterQueue: deadLetters,
        }),
      ],
    });
  }
}
