import { EventField, Rule, Schedule as RuleSchedule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
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
    const { settings, deadLetters } = props;
    const { schedule, sessions, timeZone } = settings;
    const called = sessions === 'default' ? props.function : props.fleet;
    // The logout function takes the rule's event as it is. A rule that never fires needs no input, whose length EventBridge limits.
    const hasInput = sessions !== 'default' && timeZone === undefined;
    new Rule(this, 'Rule', {
      description: describe(settings),
      // A rule must have a schedule. A disabled rule never fires.
      schedule: RuleSchedule.expression(schedule ?? 'rate(1 day)'),
      enabled: schedule !== undefined && timeZone === undefined,
      targets: [
        new FunctionTarget(called, {
          ...DELIVERY,
          deadLetterQueue: deadLetters,
          ...(hasInput && { event: RuleTargetInput.fromObject(fleetEvent(settings, EventField.time)) }),
        }),
      ],
    });
    if (schedule !== undefined && timeZone !== undefined) this.#inTimeZone(props, called, schedule, timeZone);
  }

  #inTimeZone({ settings, deadLetters }: Parts, called: IFunction, schedule: string, timeZone: string): void {
    const role = new Role(this, 'SchedulerRole', {
      assumedBy: serviceOfAccount(this, 'scheduler.amazonaws.com'),
    });
    const allow = (action: string, resource: string) =>
      role.addToPolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
    allow('lambda:InvokeFunction', called.functionArn);
    allow('sqs:SendMessage', deadLetters.queueArn);
    const made = new CfnSchedule(this, 'InTimeZone', {
      description: 'Logs out sessions, in a time zone',
      scheduleExpression: schedule,
      scheduleExpressionTimezone: timeZone,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: called.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify(
          settings.sessions === 'default'
            ? SCHEDULED_EVENT
            : fleetEvent(settings, '<aws.scheduler.scheduled-time>'),
        ),
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

/** Scheduler invokes the function asynchronously. The logout function treats this event as that of a rule. */
const SCHEDULED_EVENT = { source: 'aws.scheduler', 'detail-type': 'Scheduled Event' };

/** @param scheduledAt names the execution, so that an event that is delivered twice starts one */
function fleetEvent({ sessions }: Settings, scheduledAt: string) {
  return { sessions, scheduledAt };
}

/** Of the rule, which a person reads in the console. */
function describe({ sessions, schedule, timeZone }: Settings): string {
  const which = typeof sessions === 'string' ? sessions : `${sessions.length} names and patterns`;
  const what = `Logs out sessions: ${which}`;
  if (schedule === undefined) return `${what}. Disabled because the setting "schedule" is not set`;
  if (timeZone === undefined) return what;
  return `${what}. Disabled because EventBridge Scheduler does this in the time zone ${timeZone}`;
}
