import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { FUNCTION_TIMEOUT_SECONDS } from '../../lambda/core/claim-life.ts';
import { NO_SHARED_FILES, readEnvironment } from '../../lambda/logout/environment.ts';
import { factsOf, rightsOf } from './facts.ts';
import { synthesize } from './synthesize.ts';

type Settings = Readonly<Record<string, unknown>>;

const NIGHTLY = { schedule: 'cron(0 3 * * ? *)' };
const BERLIN = { ...NIGHTLY, timeZone: 'Europe/Berlin' };
const BERLIN_ALL = { ...BERLIN, sessions: 'all' };
const KEY_ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const MANY = Array.from({ length: 400 }, (_, index) => `tenant-${index}`);

/** Nothing as by default. */
const SET = {
  ...NIGHTLY,
  name: 'garden',
  alarmEmail: 'owner@blink-logout.dev',
  webhookAuth: 'iam',
  webhookRatePerSecond: 7,
  webhookBurst: 9,
  maxConcurrency: 7,
  memoryMb: 1769,
  logRetentionDays: 14,
  retainLogs: true,
  kmsKeyArn: KEY_ARN,
  sessionMetrics: false,
  tracing: true,
  blinkUserAgent: '~'.repeat(200),
};

/** What both kinds of schedule do with an event that they cannot deliver. */
const delivery = (target: string) => `
  ${target}.RetryPolicy.MaximumRetryAttempts: 3
  ${target}.RetryPolicy.MaximumEventAgeInSeconds: 3600
  ${target}.DeadLetterConfig.Arn: DeadLettersQueue.Arn`;

const routes = (type: string) => `
  WebhookApiPOSTlogout RouteKey: POST /logout
  WebhookApiPOSTlogout AuthorizationType: ${type}
  WebhookApiPOSTlogoutsession RouteKey: POST /logout/{session}
  WebhookApiPOSTlogoutsession AuthorizationType: ${type}
  WebhookApiDefaultRoute RouteKey: $default
  WebhookApiDefaultRoute AuthorizationType: ${type}`;

const invocation = (permission: string, path: string) => `
  WebhookApi${permission} Principal: apigateway.amazonaws.com
  WebhookApi${permission} FunctionName: LogoutFunction.Arn
  WebhookApi${permission} SourceArn: arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:WebhookApi/*/*${path}`;

const callOfFleet = (sessions: unknown) => `
the rule calls the fleet with its time and the sessions that are set
  ScheduleRule State: ENABLED
  ScheduleRule Targets.0.Arn: FleetFunctionAliaslive
  ScheduleRule Targets.0.InputTransformer.InputPathsMap.time: $.time
  ScheduleRule Targets.0.InputTransformer.InputTemplate: {"sessions":${JSON.stringify(sessions)},"scheduledAt":<time>}
  ${delivery('ScheduleRule Targets.0')}`;

/** By the settings: sentences, and below each the facts that make it true; after `!`, how nothing begins. */
const FACTS: readonly (readonly [Settings, string])[] = [
  [
    {},
    `
the topic takes TLS only, and messages from alarms of the account alone
  AlarmTopicPolicy PolicyDocument.Statement.0.Effect: Deny
  AlarmTopicPolicy PolicyDocument.Statement.0.Action: sns:Publish
  AlarmTopicPolicy PolicyDocument.Statement.0.Condition.Bool.aws:SecureTransport: false
  AlarmTopicPolicy PolicyDocument.Statement.1.Effect: Allow
  AlarmTopicPolicy PolicyDocument.Statement.1.Principal.Service: cloudwatch.amazonaws.com
  AlarmTopicPolicy PolicyDocument.Statement.1.Action: sns:Publish
  AlarmTopicPolicy PolicyDocument.Statement.1.Condition.StringEquals.aws:SourceAccount: <AWS::AccountId>
  !AlarmTopicPolicy PolicyDocument.Statement.2
the queue is encrypted, and takes TLS only, and messages from the rule alone
  DeadLettersQueue SqsManagedSseEnabled: true
  DeadLettersQueuePolicy PolicyDocument.Statement.0.Effect: Deny
  DeadLettersQueuePolicy PolicyDocument.Statement.0.Principal.AWS: *
  DeadLettersQueuePolicy PolicyDocument.Statement.0.Action: sqs:*
  DeadLettersQueuePolicy PolicyDocument.Statement.0.Condition.Bool.aws:SecureTransport: false
  DeadLettersQueuePolicy PolicyDocument.Statement.1.Effect: Allow
  DeadLettersQueuePolicy PolicyDocument.Statement.1.Principal.Service: events.amazonaws.com
  DeadLettersQueuePolicy PolicyDocument.Statement.1.Action: sqs:SendMessage
  DeadLettersQueuePolicy PolicyDocument.Statement.1.Condition.ArnEquals.aws:SourceArn: ScheduleRule.Arn
  !DeadLettersQueuePolicy PolicyDocument.Statement.2
the function runs on Node 24 and arm64, and logs JSON
  LogoutFunction FunctionName: blink-logout
  LogoutFunction Runtime: nodejs24.x
  LogoutFunction Architectures.0: arm64
  LogoutFunction Timeout: ${FUNCTION_TIMEOUT_SECONDS}
  LogoutFunction Handler: init.handler
  LogoutFunction LoggingConfig.LogFormat: JSON
  LogoutFunction LoggingConfig.LogGroup: LogoutLog
  LogoutFunction DeadLetterConfig.TargetArn: DeadLettersQueue.Arn
  !LogoutFunction TracingConfig
  !LogoutFunction ReservedConcurrentExecutions
an asynchronous run that fails is tried twice more, within an hour
  LogoutFunctionEventInvokeConfig MaximumRetryAttempts: 2
  LogoutFunctionEventInvokeConfig MaximumEventAgeInSeconds: 3600
a saved query has the name that the documents give it
  LogoutCallers Name: blink-logout/who-logged-out-whom
the fleet is a durable function that may run for a day
  FleetFunction FunctionName: blink-logout-fleet
  FleetFunction DurableConfig.ExecutionTimeout: 86400
  FleetFunction DurableConfig.RetentionPeriodInDays: 30
  FleetFunction Environment.Variables.BLINK_LOGOUT_NAME: blink-logout
  FleetFunction Environment.Variables.TOPIC_ARN: AlarmTopic
  FleetFunction DeadLetterConfig.TargetArn: DeadLettersQueue.Arn
the fleet’s alias "live" calls a version, and no execution that failed is run again from its beginning
  FleetFunctionAliaslive Name: live
  FleetFunctionAliaslive FunctionName: FleetFunction
  FleetFunctionAliaslive FunctionVersion: FleetFunctionCurrentVersion.Version
  FleetFunctionAliasliveEventInvokeConfig MaximumRetryAttempts: 0
the function gets events of payload format 2.0
  WebhookApiDefaultRouteIntegration IntegrationType: AWS_PROXY
  WebhookApiDefaultRouteIntegration PayloadFormatVersion: 2.0
  WebhookApiDefaultRouteIntegration IntegrationUri: LogoutFunction.Arn
the access log counts 401 and 403 as refusals, and no other answer; it has the status as a string
  WebhookRefusals FilterPattern: { ($.status = "401") || ($.status = "403") }
  WebhookRefusals LogGroupName: WebhookAccessLog
  WebhookRefusals MetricTransformations.0.MetricName: WebhookRefusals
  WebhookRefusals MetricTransformations.0.MetricNamespace: blink-logout
  WebhookRefusals MetricTransformations.0.MetricValue: 1
  WebhookStage AccessLogSettings.DestinationArn: WebhookAccessLog.Arn
the webhook takes two routes, and hands the function all else, to be refused alike${routes('NONE')}
the webhook, and no other API, may invoke the function
  ${invocation('POSTlogoutIntegrationPermission', '/logout')}
  ${invocation('POSTlogoutsessionIntegrationPermission', '/logout/{session}')}
  ${invocation('DefaultRouteIntegrationPermission', '')}
the webhook’s key is of 64 letters and digits, and no session
  WebhookKey Name: blink-logout-webhook-key
  WebhookKey GenerateSecretString.PasswordLength: 64
  WebhookKey GenerateSecretString.ExcludePunctuation: true
  !WebhookKey KmsKeyId
the rule is disabled without a schedule
  ScheduleRule State: DISABLED
the rule, and no other, may invoke the function
  ScheduleRuleAllowEventRuleblinklogoutLogoutFunction2BE60E25 Principal: events.amazonaws.com
  ScheduleRuleAllowEventRuleblinklogoutLogoutFunction2BE60E25 FunctionName: LogoutFunction.Arn
  ScheduleRuleAllowEventRuleblinklogoutLogoutFunction2BE60E25 SourceArn: ScheduleRule.Arn`,
  ],
  [
    SET,
    `
an address that is set gets e-mail
  AlarmTopicownerblinklogoutdev Protocol: email
  AlarmTopicownerblinklogoutdev Endpoint: owner@blink-logout.dev
  AlarmTopicownerblinklogoutdev TopicArn: AlarmTopic
the functions have the memory, the traces and the concurrency that are set
  LogoutFunction MemorySize: 1769
  LogoutFunction TracingConfig.Mode: Active
  FleetFunction TracingConfig.Mode: Active
  FleetFunction Environment.Variables.MAX_CONCURRENCY: 7
the webhook is throttled as set, and unknown paths have a bucket of their own
  WebhookStage StageName: $default
  WebhookStage DefaultRouteSettings.ThrottlingRateLimit: 7
  WebhookStage DefaultRouteSettings.ThrottlingBurstLimit: 9
  WebhookStage RouteSettings.$default.ThrottlingRateLimit: 1
  WebhookStage RouteSettings.$default.ThrottlingBurstLimit: 5
with IAM, the webhook has the same routes${routes('AWS_IAM')}
the webhook’s key is under a KMS key where one is set
  WebhookKey KmsKeyId: ${KEY_ARN}
the logs are kept as long as is set
  WebhookAccessLog RetentionInDays: 14
  LogoutLog RetentionInDays: 14
the rule fires as set, and hands its event to the function as it is
  ScheduleRule ScheduleExpression: cron(0 3 * * ? *)
  ScheduleRule State: ENABLED
  ScheduleRule Targets.0.Arn: LogoutFunction.Arn
  !ScheduleRule Targets.0.Input
  !ScheduleRule Targets.1
  !ScheduleInTimeZone
  ${delivery('ScheduleRule Targets.0')}`,
  ],
  [{ schedule: 'rate(1 day)', sessions: 'all' }, callOfFleet('all')],
  [{ schedule: 'rate(1 day)', sessions: MANY }, callOfFleet(MANY)],
  [
    BERLIN,
    `
in a time zone, EventBridge Scheduler invokes the function with a scheduled event
  ScheduleInTimeZone ScheduleExpression: cron(0 3 * * ? *)
  ScheduleInTimeZone ScheduleExpressionTimezone: Europe/Berlin
  ScheduleInTimeZone FlexibleTimeWindow.Mode: OFF
  ScheduleInTimeZone Target.Arn: LogoutFunction.Arn
  ScheduleInTimeZone Target.Input: {"source":"aws.scheduler","detail-type":"Scheduled Event"}
  ${delivery('ScheduleInTimeZone Target')}`,
  ],
  [
    BERLIN_ALL,
    `
in a time zone, EventBridge Scheduler calls the fleet with its time
  ScheduleInTimeZone Target.Arn: FleetFunctionAliaslive
  ScheduleInTimeZone Target.Input: {"sessions":"all","scheduledAt":"<aws.scheduler.scheduled-time>"}
in a time zone, the rule is disabled, and has no input, whose length EventBridge limits
  ScheduleRule State: DISABLED
  !ScheduleRule Targets.0.Input`,
  ],
];

const SENTENCES = FACTS.flatMap(([settings, text]) =>
  text
    .trim()
    .split(/\n(?=\S)/)
    .map((paragraph) => {
      const [sentence = '', ...facts] = paragraph.split('\n').map((line) => line.trim());
      return [sentence, settings, facts.filter((fact) => fact !== '')] as const;
    }),
);

function rightsOfTheFunction(name: string): readonly string[] {
  const secrets = `arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${name}`;
  const [sessions, webhookKey] = [`${secrets}/*`, `${secrets}-webhook-key-??????`];
  /** Any key, but only as Secrets Manager uses it for these secrets. */
  const kmsKeys = `arn:<AWS::Partition>:kms:<AWS::Region>:*:key/* if ${JSON.stringify({
    StringLike: {
      'kms:ViaService': 'secretsmanager.<AWS::Region>.amazonaws.com*',
      'kms:EncryptionContext:SecretARN': [sessions, webhookKey],
    },
  })}`;
  return [
    'logs:CreateLogStream on LogoutLog.Arn',
    'logs:PutLogEvents on LogoutLog.Arn',
    'sqs:SendMessage on DeadLettersQueue.Arn',
    `secretsmanager:GetSecretValue on ${sessions}`,
    `secretsmanager:PutSecretValue on ${sessions}`,
    `secretsmanager:UpdateSecretVersionStage on ${sessions}`,
    `secretsmanager:GetSecretValue on ${webhookKey}`,
    `kms:Decrypt on ${kmsKeys}`,
    `kms:GenerateDataKey on ${kmsKeys}`,
  ];
}

const FLEET_ARN = 'arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:blink-logout-fleet';
const TRACES = ['xray:PutTelemetryRecords on *', 'xray:PutTraceSegments on *'];

/** By the settings and the role: all that it may do. */
const RIGHTS: readonly (readonly [Settings, string, readonly string[]])[] = [
  [{}, 'LogoutRole', rightsOfTheFunction('blink-logout')],
  [SET, 'LogoutRole', [...rightsOfTheFunction('blink-logout-garden'), ...TRACES]],
  [
    {},
    'FleetRole',
    [
      'logs:CreateLogStream on FleetLog.Arn',
      'logs:PutLogEvents on FleetLog.Arn',
      'sqs:SendMessage on DeadLettersQueue.Arn',
      'secretsmanager:ListSecrets on *',
      'lambda:InvokeFunction on LogoutFunction.Arn',
      `lambda:InvokeFunction on ${FLEET_ARN}:live`,
      ...['CheckpointDurableExecution', 'GetDurableExecutionState'].flatMap((action) =>
        [FLEET_ARN, `${FLEET_ARN}:*`].map((resource) => `lambda:${action} on ${resource}`),
      ),
      'sns:Publish on AlarmTopic',
    ],
  ],
  [
    BERLIN,
    'ScheduleSchedulerRole',
    ['lambda:InvokeFunction on LogoutFunction.Arn', 'sqs:SendMessage on DeadLettersQueue.Arn'],
  ],
  [
    BERLIN_ALL,
    'ScheduleSchedulerRole',
    ['lambda:InvokeFunction on FleetFunctionAliaslive', 'sqs:SendMessage on DeadLettersQueue.Arn'],
  ],
];

describe('the stack', () => {
  it.each(SENTENCES)('%s', (_, settings, facts) => {
    const all = factsOf(synthesize(settings));
    expect(facts).not.toEqual([]);
    for (const fact of facts) {
      if (fact.startsWith('!')) expect(all.filter((each) => each.startsWith(fact.slice(1)))).toEqual([]);
      else expect(all).toContain(fact);
    }
  });

  it.each(RIGHTS)('with %o, permits the role %s this and nothing else', (settings, role, rights) => {
    expect(rightsOf(synthesize(settings), role).sort()).toEqual([...rights].sort());
  });

  it('has roles without managed policies, each of which one service can assume for this account', () => {
    const template = synthesize(BERLIN_ALL);
    const trusts = factsOf(template).filter((fact) =>
      / AssumeRolePolicyDocument\..*(Condition|Service)/.test(fact),
    );
    const [role, trust] = [
      'Role AssumeRolePolicyDocument.Statement.0.',
      'aws:SourceAccount: <AWS::AccountId>',
    ];
    expect(trusts).toEqual([
      // Lambda is not documented to name the account: a function must be created if it does not.
      ...['Logout', 'Fleet'].flatMap((name) => [
        `${name}${role}Condition.StringEqualsIfExists.${trust}`,
        `${name}${role}Principal.Service: lambda.amazonaws.com`,
      ]),
      `ScheduleScheduler${role}Condition.StringEquals.${trust}`,
      `ScheduleScheduler${role}Principal.Service: scheduler.amazonaws.com`,
    ]);
    template.allResourcesProperties('AWS::IAM::Role', {
      ManagedPolicyArns: Match.absent(),
      Policies: Match.absent(),
    });
  });

  it('has one secret, the webhook’s key: tokens outlive the stack', () => {
    synthesize().resourceCountIs('AWS::SecretsManager::Secret', 1);
  });

  it("outputs the webhook's URL, the functions and the command that reads the key", () => {
    const { WebhookUrl, FunctionName, FleetArn, ReadWebhookKeyCommand } = synthesize().findOutputs('*');
    expect(JSON.stringify(WebhookUrl)).toMatch(/ApiEndpoint.*\/logout/);
    expect(JSON.stringify(FunctionName)).toMatch(/"Ref":"LogoutFunction/);
    expect(JSON.stringify(FleetArn)).toMatch(/"Ref":"FleetFunctionAliaslive/);
    expect(JSON.stringify(ReadWebhookKeyCommand)).toContain(
      '--secret-id blink-logout-webhook-key --query SecretString --output text',
    );
    expect(synthesize(SET).findOutputs('ReadWebhookKeyCommand')).toEqual({});
  });

  it('leaves nothing behind that would stand in the way of the next deployment, but logs where that is set', () => {
    for (const resource of Object.values(synthesize().toJSON()['Resources'])) {
      expect(resource).not.toMatchObject({ DeletionPolicy: expect.stringContaining('Retain') });
    }
    synthesize(SET).allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'Retain' });
  });

  it('has the name that is set, and so has all that it makes', () => {
    const { Resources, Outputs } = synthesize(SET).toJSON();
    const names = JSON.stringify([Resources, Outputs]).match(/(?<!@)blink-logout(?!-garden)[^"]*/g) ?? [];
    // Only in texts for people.
    expect(names.filter((name) => !/^blink-logout webhook$/.test(name))).toEqual([]);
  });
});

it.each<[Settings, readonly string[]]>([
  [{}, ['blink-logout', 'key', 'Blink', 'true']],
  [SET, ['blink-logout-garden', 'iam', '~'.repeat(200), 'false']],
])('the function’s environment with %o is what the handler and the SDK read', (settings, values) => {
  const beginning = 'LogoutFunction Environment.Variables.';
  const variables = Object.fromEntries(
    factsOf(synthesize(settings))
      .filter((fact) => fact.startsWith(beginning))
      .map((fact) => fact.replace(beginning, '').split(': ')),
  );
  const names = ['BLINK_LOGOUT_NAME', 'WEBHOOK_AUTH', 'BLINK_USER_AGENT', 'SESSION_METRICS'];
  const environment = Object.fromEntries(names.map((name, index) => [name, values[index]]));
  expect(variables).toEqual({ ...NO_SHARED_FILES, ...environment });
  expect(readEnvironment(variables)).toEqual(environment);
});

/** The only one of its type. */
const only = (type: string, settings: Settings = {}) =>
  Object.values(synthesize(settings).findResources(type))[0];

it.each([
  ['a key', 'AWS::SecretsManager::Secret', 'the function', 'LogoutRoleDefaultPolicy'],
  ['a schedule', 'AWS::Scheduler::Schedule', 'EventBridge Scheduler', 'ScheduleSchedulerRoleDefaultPolicy'],
])('%s (%s) changes only after the rights of %s', (_, type, __, policy) => {
  expect(only(type, BERLIN)?.['DependsOn']).toContainEqual(expect.stringMatching(`^${policy}`));
});

describe('the webhook', () => {
  it('creates its routes before the stage, which names one of them', () => {
    const routes = Object.keys(synthesize().findResources('AWS::ApiGatewayV2::Route'));
    expect(only('AWS::ApiGatewayV2::Stage')?.['DependsOn']).toEqual(expect.arrayContaining(routes));
  });

  it('logs accesses, and nothing in which a caller may have put a credential', () => {
    const [, format = ''] =
      factsOf(synthesize())
        .find((fact) => fact.startsWith('WebhookStage AccessLogSettings.Format'))
        ?.split('Format: ') ?? [];
    const fields = JSON.parse(format);
    expect(fields).toMatchObject({ requestId: '$context.requestId', status: '$context.status' });
    expect(Object.values(fields).filter((name) => /header|userAgent|query|body/i.test(String(name)))).toEqual(
      [],
    );
  });

  it('keeps its key where IAM guards it, so that a change of the setting changes no key', () => {
    const type = 'AWS::SecretsManager::Secret';
    expect(only(type, { webhookAuth: 'iam' })).toEqual(only(type));
  });
});
