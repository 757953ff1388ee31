import { Match } from 'aws-cdk-lib/assertions';
import { describe, it } from 'vitest';
import { synthesize } from './synthesize.ts';

const BY_ALARMS = {
  Effect: 'Allow',
  Principal: { Service: 'cloudwatch.amazonaws.com' },
  Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
};

describe('the topic of the alarms', () => {
  it('takes TLS only, and messages from alarms of the account', () => {
    synthesize().hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Action: 'sns:Publish',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
          Match.objectLike({ ...BY_ALARMS, Action: 'sns:Publish' }),
        ],
      },
    });
  });

  it('sends e-mail to the address that is set', () => {
    synthesize({ alarmEmail: 'owner@blink-logout.dev' }).hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'owner@blink-logout.dev',
    });
    synthesize().resourceCountIs('AWS::SNS::Subscription', 0);
  });
});
