import { Match } from 'aws-cdk-lib/assertions';
import { describe, it } from 'vitest';
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
