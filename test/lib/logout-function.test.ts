import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { FUNCTION_TIMEOUT_SECONDS } from '../../lambda/core/claim-life.ts';
import { NO_SHARED_FILES, readEnvironment } from '../../lambda/logout/environment.ts';
import { rightsOf } from './rights.ts';
import { synthesize } from './synthesize.ts';

const KEY_ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const SECRETS = 'arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:';
const SESSION_SECRETS = `${SECRETS}blink-logout/*`;
const WEBHOOK_KEY = `${SECRETS}blink-logout-webhook-key-??????`;

/** Any key, but only as Secrets Manager uses it for these secrets. */
const KMS_KEYS = `arn:<AWS::Partition>:kms:<AWS::Region>:*:key/* if ${JSON.stringify({
  StringLike: {
    'kms:ViaService': 'secretsmanager.<AWS::Region>.amazonaws.com*',
    'kms:EncryptionContext:SecretARN': [SESSION_SECRETS, WEBHOOK_KEY],
  },
})}`;

describe('the function', () => {
  it('runs on Node 24 and arm64, with the memory that is set', () => {
    synthesize({ memoryMb: 1769 }).hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 1769,
      Timeout: FUNCTION_TIMEOUT_SECONDS,
      Handler: 'init.handler',
      TracingConfig: Match.absent(),
      ReservedConcurrentExecutions: Match.absent(),
    });
  });

  it.each([
    [
      {},
      {
        BLINK_LOGOUT_NAME: 'blink-logout',
        WEBHOOK_AUTH: 'key',
        BLINK_USER_AGENT: 'Blink',
        SESSION_METRICS: 'true',
      },
    ],
    [
      { name: 'garden', webhookAuth: 'iam', blinkUserAgent: 'Other/1.0 (x; y)', sessionMetrics: false },
      {
        BLINK_LOGOUT_NAME: 'blink-logout-garden',
        WEBHOOK_AUTH: 'iam',
        BLINK_USER_AGENT: 'Other/1.0 (x; y)',
        SESSION_METRICS: 'false',
      },
    ],
  ])(
    'with settings %j, has exactly the environment that the handler and the SDK read',
    (settings, environment) => {
      const variables = onlyOne(synthesize(settings), 'AWS::Lambda::Function').Environment.Variables;
      expect(variables).toEqual({ ...NO_SHARED_FILES, ...environment });
      expect(readEnvironment(variables)).toEqual(environment);
    },
  );

  it('accepts the longest user agent that the handler reads', () => {
    const blinkUserAgent = '~'.repeat(200);
    const { Variables } = onlyOne(synthesize({ blinkUserAgent }), 'AWS::Lambda::Function').Environment;
    expect(readEnvironment(Variables).BLINK_USER_AGENT).toBe(blinkUserAgent);
  });

  it('logs JSON to its own log group, which has the set retention and is deleted with the stack', () => {
    const template = synthesize({ logRetentionDays: 30 });
    const { LogFormat, LogGroup } = onlyOne(template, 'AWS::Lambda::Function').LoggingConfig;
    expect(LogFormat).toBe('JSON');
    expect(template.findResources('AWS::Logs::LogGroup')[LogGroup.Ref]).toMatchObject({
      Properties: { RetentionInDays: 30 },
      DeletionPolicy: 'Delete',
    });
  });

  it('is invoked again at most twice within an hour when an asynchronous run fails, then its event is kept', () => {
    const template = synthesize();
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 3600,
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^DeadLetters'), 'Arn'] } },
    });
  });

  it('may do this and nothing else', () => {
    expect(rightsOf(synthesize(), 'LogoutRole')).toEqual([
      'logs:CreateLogStream on LogoutLog.Arn',
      'logs:PutLogEvents on LogoutLog.Arn',
      'sqs:SendMessage on DeadLettersQueue.Arn',
      `secretsmanager:GetSecretValue on ${SESSION_SECRETS}`,
      `secretsmanager:PutSecretValue on ${SESSION_SECRETS}`,
      `secretsmanager:UpdateSecretVersionStage on ${SESSION_SECRETS}`,
      `secretsmanager:GetSecretValue on ${WEBHOOK_KEY}`,
      `kms:Decrypt on ${KMS_KEYS}`,
      `kms:GenerateDataKey on ${KMS_KEYS}`,
    ]);
  });

  it.each([{ webhookAuth: 'iam' }, { kmsKeyArn: KEY_ARN }])('has the same rights with %j', (settings) => {
    expect(rightsOf(synthesize(settings), 'LogoutRole')).toEqual(rightsOf(synthesize(), 'LogoutRole'));
  });

  it('has a saved query that shows who logged out whom', () => {
    synthesize({ name: 'garden' }).hasResourceProperties('AWS::Logs::QueryDefinition', {
      Name: 'blink-logout-garden/who-logged-out-whom',
      QueryString: Match.stringLikeRegexp('fields @timestamp, caller, [\\s\\S]*filter ispresent\\(caller\\)'),
    });
  });

  it('may write traces once tracing is set', () => {
    const template = synthesize({ tracing: true });
    template.hasResourceProperties('AWS::Lambda::Function', { TracingConfig: { Mode: 'Active' } });
    expect(rightsOf(template, 'LogoutRole').filter((right) => right.startsWith('xray:'))).toEqual([
      'xray:PutTelemetryRecords on *',
      'xray:PutTraceSegments on *',
    ]);
  });
});

/** The template is JSON of CloudFormation's making: what a test asks of it says what is in it. */
// biome-ignore lint/suspicious/noExplicitAny: see above
function onlyOne(template: Template, type: string): any {
  const found = Object.entries(template.findResources(type)).filter(([id]) => id.startsWith('Logout'));
  expect(found).toHaveLength(1);
  return found[0]?.[1]['Properties'];
}
