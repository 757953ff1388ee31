import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { synthesize } from './synthesize.ts';

describe('the dead-letter queue', () => {
  it('is encrypted and keeps events for two weeks', () => {
    synthesize().hasResourceProperties('AWS::SQS::Queue', {
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 1_209_600,
    });
  });

  it('accepts only TLS, and only messages from the rule', () => {
    const [policy] = Object.values(synthesize().findResources('AWS::SQS::QueuePolicy'));
    const statements = policy?.['Properties'].PolicyDocument.Statement;
    expect(statements).toHaveLength(2);
    expect(statements[0]).toMatchObject({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sqs:*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    expect(statements[1]).toMatchObject({
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Condition: {
        ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [expect.stringMatching(/^ScheduleRule/), 'Arn'] } },
      },
    });
  });

  it('is the only queue', () => {
    synthesize().resourceCountIs('AWS::SQS::Queue', 1);
    synthesize().allResourcesProperties('AWS::SQS::Queue', Match.objectLike({ SqsManagedSseEnabled: true }));
  });
});
