import {
  EventField,
  type IRuleTarget,
  Rule,
  Schedule as RuleSchedule,
  RuleTargetInput,
} from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Parts } from './parts.ts';
import { serviceOfAccount } from './service-of-account.ts';
import type { Settings } from './settings.ts';

const DELIVERY = { retryAttempts: 3, maxEventAge: Duration.hours(1) };

/**
 * The schedule of the logouts. The logout function logs out `default`; the fleet logs out other sessions.
 *
 * The rule is always there, so that the schedule can be tried in the console. It fires in UTC: with a time zone it is
 * disabled, and a schedule of EventBridge Scheduler takes its place.
 */
export class Schedule extends Construct {
  constructor(scope: Construct, id: string, props: Parts) {
    super(scope, id);
    const { schedule, timeZone } = props.settings;
    new Rule(this, 'Rule', {
      description: describe(props.settings),
      // A rule must have a schedule. A disabled rule never fires.
      schedule: RuleSchedule.expression(schedule ?? 'rate(1 day)'),
      enabled: schedule !== undefined && timeZone === undefined,
      targets: [ruleTarget(props)],
    });
    if (schedule !== undefined && timeZone !== undefined) this.#inTimeZone(props, schedule, timeZone);
  }

  #inTimeZone({ settings, deadLetters, ...targets }: Parts, schedule: string, timeZone: string): void {
    const { arn, input } = target(settings, targets);
    const role = new Role(this, 'SchedulerRole', {
      assumedBy: serviceOfAccount(this, 'scheduler.amazonaws.com'),
    });
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [arn] }));
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
    );
    const made = new CfnSchedule(this, 'InTimeZone', {
      description: `Logs out ${sessionsInWords(settings)}`,
      scheduleExpression: schedule,
      scheduleExpressionTimezone: timeZone,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn,
        roleArn: role.roleArn,
        input: JSON.stringify(input),
        retryPolicy: {
          maximumRetryAttempts: DELIVERY.retryAttempts,
          maximumEventAgeInSeconds: DELIVERY.maxEventAge.toSeconds(),
        },
        deadLetterConfig: { arn: deadLetters.queueArn },
      },
    });
    // EventBridge Scheduler checks the role when it creates the schedule.
    made.node.addDependency(role);
  }
}

function ruleTarget({ settings, function: target, fleet, deadLetters }: Parts): IRuleTarget {
  const options = { ...DELIVERY, deadLetterQueue: deadLetters };
  if (settings.sessions === 'default') return new FunctionTarget(target, options);
  // A rule that never fires needs no input, whose length EventBridge limits.
  if (settings.timeZone !== undefined) return new FunctionTarget(fleet, options);
  return new FunctionTarget(fleet, {
    ...options,
    event: RuleTargetInput.fromObject(fleetEvent(settings, EventField.time)),
  });
}

/** Scheduler invokes the function asynchronously. The logout function treats this event as that of a rule. */
const SCHEDULED_EVENT = { source: 'aws.scheduler', 'detail-type': 'Scheduled Event' };

function target(settings: Settings, { function: logout, fleet }: Pick<Parts, 'function' | 'fleet'>) {
  return settings.sessions === 'default'
    ? { arn: logout.functionArn, input: SCHEDULED_EVENT }
    : { arn: fleet.functionArn, input: fleetEvent(settings, '<aws.scheduler.scheduled-time>') };
}

/** @param scheduledAt names the execution, so that an event that is delivered twice starts one */
function fleetEvent({ sessions }: Settings, scheduledAt: string) {
  return { sessions, scheduledAt };
}

function describe(settings: Settings): string {
  const what = `Logs out ${sessionsInWords(settings)}`;
  if (settings.schedule === undefined) return `${what}. Disabled because the setting "schedule" is not set`;
  if (settings.timeZone === undefined) return what;
  return `${what}. Disabled because EventBridge Scheduler does this in the time zone ${settings.timeZone}`;
}

function sessionsInWords({ sessions }: Settings): string {
  switch (sessions) {
    case 'default':
      return 'the session "default"';
    case 'all':
      return 'all sessions';
    default:
      return sessions.join(', ').length <= 60
        ? sessions.join(', ')
        : `${sessions.length} names and patterns of sessions`;
  }
}
