import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { rightsOf } from './rights.ts';
import { synthesize } from './synthesize.ts';

const DEAD_LETTERS = { 'Fn::GetAtt': [Match.stringLikeRegexp('^DeadLettersQueue'), 'Arn'] };
const FUNCTION = { 'Fn::GetAtt': [Match.stringLikeRegexp('^LogoutFunction'), 'Arn'] };

describe('the scheduled rule', () => {
  it('fires as set', () => {
    synthesize({ schedule: 'cron(0 3 * * ? *)' }).hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'cron(0 3 * * ? *)',
      State: 'ENABLED',
    });
  });

  it('is there, and disabled, without a schedule', () => {
    synthesize().hasResourceProperties('AWS::Events::Rule', { State: 'DISABLED' });
  });

  it('invokes the function with the event as it is, tries a bounded number of times, and keeps what fails', () => {
    synthesize().hasResourceProperties('AWS::Events::Rule', {
      Targets: [
        {
          Arn: FUNCTION,
          Id: Match.anyValue(),
          Input: Match.absent(),
          InputPath: Match.absent(),
          RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3600 },
          DeadLetterConfig: { Arn: DEAD_LETTERS },
        },
      ],
    });
  });

  it('is the only rule that may invoke the function', () => {
    synthesize().hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'events.amazonaws.com',
      FunctionName: FUNCTION,
      SourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ScheduleRule'), 'Arn'] },
    });
  });
});

const FLEET = { Ref: Match.stringLikeRegexp('^FleetFunctionAliaslive') };
const BERLIN = { schedule: 'cron(0 3 * * ? *)', timeZone: 'Europe/Berlin' };
const MANY = Array.from({ length: 400 }, (_, index) => `tenant-${index}`);

describe('with more sessions than "default"', () => {
  it.each(['all', ['garden', 'tenant-*'], MANY])(
    'the rule calls the fleet with %j and its time',
    (sessions) => {
      const template = synthesize({ schedule: 'rate(1 day)', sessions });
      template.hasResourceProperties('AWS::Events::Rule', {
        State: 'ENABLED',
        Targets: [
          Match.objectLike({
            Arn: FLEET,
            InputTransformer: {
              InputPathsMap: { time: '$.time' },
              InputTemplate: `{"sessions":${JSON.stringify(sessions)},"scheduledAt":<time>}`,
            },
            RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3600 },
            DeadLetterConfig: { Arn: DEAD_LETTERS },
          }),
        ],
      });
    },
  );
});

describe('in a time zone', () => {
  it('EventBridge Scheduler invokes the function with a scheduled event, and the rule is disabled', () => {
    const template = synthesize(BERLIN);
    template.hasResourceProperties('AWS::Events::Rule', { State: 'DISABLED' });
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(0 3 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: FUNCTION,
        Input: JSON.stringify({ source: 'aws.scheduler', 'detail-type': 'Scheduled Event' }),
        RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3600 },
        DeadLetterConfig: { Arn: DEAD_LETTERS },
      },
    });
    expect(rightsOf(template, 'ScheduleSchedulerRole')).toEqual([
      'lambda:InvokeFunction on LogoutFunction.Arn',
      'sqs:SendMessage on DeadLettersQueue.Arn',
    ]);
  });

  it('it calls the fleet with more sessions, and the disabled rule has no input', () => {
    const template = synthesize({ ...BERLIN, sessions: 'all' });
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      Target: Match.objectLike({
        Arn: FLEET,
        Input: JSON.stringify({ sessions: 'all', scheduledAt: '<aws.scheduler.scheduled-time>' }),
      }),
    });
    expect(rightsOf(template, 'ScheduleSchedulerRole')).toEqual([
      'lambda:InvokeFunction on FleetFunctionAliaslive',
      'sqs:SendMessage on DeadLettersQueue.Arn',
    ]);
    template.hasResourceProperties('AWS::Events::Rule', {
      State: 'DISABLED',
      Targets: [Match.objectLike({ Input: Match.absent(), InputTransformer: Match.absent() })],
    });
  });

  it('it is not there without one', () => {
    synthesize({ schedule: 'rate(1 day)' }).resourceCountIs('AWS::Scheduler::Schedule', 0);
  });
});
