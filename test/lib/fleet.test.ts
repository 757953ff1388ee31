import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { rightsOf } from './rights.ts';
import { synthesize } from './synthesize.ts';

const FLEET = 'arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:blink-logout-fleet';

describe('the fleet', () => {
  it('is a durable function that may run for a day, and that the alias "live" calls by its version', () => {
    const template = synthesize({ maxConcurrency: 7 });
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'blink-logout-fleet',
      DurableConfig: { ExecutionTimeout: 86_400, RetentionPeriodInDays: 30 },
      Environment: {
        Variables: {
          BLINK_LOGOUT_NAME: 'blink-logout',
          TOPIC_ARN: { Ref: Match.stringLikeRegexp('^AlarmTopic') },
          MAX_CONCURRENCY: '7',
        },
      },
      DeadLetterConfig: { TargetArn: Match.anyValue() },
    });
    template.hasResourceProperties('AWS::Lambda::Alias', {
      Name: 'live',
      FunctionName: { Ref: Match.stringLikeRegexp('^FleetFunction') },
      FunctionVersion: { 'Fn::GetAtt': [Match.stringLikeRegexp('^FleetFunctionCurrentVersion'), 'Version'] },
    });
    // An execution that failed is not run again from its beginning.
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: Match.stringLikeRegexp('^FleetFunction') },
      MaximumRetryAttempts: 0,
    });
  });

  it('may do this and nothing else', () => {
    expect(rightsOf(synthesize(), 'FleetRole')).toEqual([
      'logs:CreateLogStream on FleetLog.Arn',
      'logs:PutLogEvents on FleetLog.Arn',
      'sqs:SendMessage on DeadLettersQueue.Arn',
      'secretsmanager:ListSecrets on *',
      'lambda:InvokeFunction on LogoutFunction.Arn',
      `lambda:InvokeFunction on ${FLEET}:live`,
      ...[
        'CheckpointDurableExecution',
        'GetDurableExecution',
        'GetDurableExecutionState',
        'ListDurableExecutionsByFunction',
      ].flatMap((action) => [FLEET, `${FLEET}:*`].map((resource) => `lambda:${action} on ${resource}`)),
      'sns:Publish on AlarmTopic',
    ]);
  });

  it('is the only one that may list secrets', () => {
    expect(rightsOf(synthesize(), 'LogoutRole').join()).not.toContain('ListSecrets ');
  });
});
