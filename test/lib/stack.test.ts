import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { FUNCTION_TIMEOUT_SECONDS } from '../../lambda/core/claim-life.ts';
import { NO_SHARED_FILES, readEnvironment } from '../../lambda/logout/environment.ts';
import { factsOf, rightsOf } from './facts.ts';
import { synthesize } from './synthesize.ts';

type Settings = Readonly<Record<string, unknown>>;

const NIGHTLY = { schedule: 'cron(0 3 * * ? *)' };
const BERLIN = { ...NIGHTLY, timeZone: 'Europe/Berlin' };
const KEY_ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const MANY = Array.from({ length: 400 }, (_, index) => `tenant-${index}`);

const DELIVERY = [
  'RetryPolicy.MaximumRetryAttempts: 3',
  'RetryPolicy.MaximumEventAgeInSeconds: 3600',
  'DeadLetterConfig.Arn: DeadLettersQueue.Arn',
];

/** With which settings what is so: how each fact begins, and the rest of each; after `!`, what is not there. */
const FACTS: readonly (readonly [string, Settings, string, readonly string[]])[] = [
  [
    'the topic takes TLS only, and messages from alarms of the account alone',
    {},
    'AlarmTopicPolicy PolicyDocument.Statement.',
    [
      '0.Effect: Deny',
      '0.Action: sns:Publish',
      '0.Condition.Bool.aws:SecureTransport: false',
      '1.Effect: Allow',
      '1.Principal.Service: cloudwatch.amazonaws.com',
      '1.Action: sns:Publish',
      '1.Condition.StringEquals.aws:SourceAccount: <AWS::AccountId>',
      '!2',
    ],
  ],
  [
    'an address that is set gets e-mail',
    { alarmEmail: 'owner@blink-logout.dev' },
    'AlarmTopicownerblinklogoutdev ',
    ['Protocol: email', 'Endpoint: owner@blink-logout.dev', 'TopicArn: AlarmTopic'],
  ],
  [
    'the queue is encrypted, and keeps events for two weeks',
    {},
    'DeadLettersQueue ',
    ['SqsManagedSseEnabled: true', 'MessageRetentionPeriod: 1209600'],
  ],
  [
    'the queue takes TLS only, and messages from the rule alone',
    {},
    'DeadLettersQueuePolicy PolicyDocument.Statement.',
    [
      '0.Effect: Deny',
      '0.Principal.AWS: *',
      '0.Action: sqs:*',
      '0.Condition.Bool.aws:SecureTransport: false',
      '1.Effect: Allow',
      '1.Principal.Service: events.amazonaws.com',
      '1.Action: sqs:SendMessage',
      '1.Condition.ArnEquals.aws:SourceArn: ScheduleRule.Arn',
      '!2',
    ],
  ],
  [
    'the function runs on Node 24 and arm64, with the memory that is set, and logs JSON',
    { memoryMb: 1769 },
    'LogoutFunction ',
    [
      'FunctionName: blink-logout',
      'Runtime: nodejs24.x',
      'Architectures.0: arm64',
      'MemorySize: 1769',
      `Timeout: ${FUNCTION_TIMEOUT_SECONDS}`,
      'Handler: init.handler',
      'LoggingConfig.LogFormat: JSON',
      'LoggingConfig.LogGroup: LogoutLog',
      'DeadLetterConfig.TargetArn: DeadLettersQueue.Arn',
      '!TracingConfig',
      '!ReservedConcurrentExecutions',
    ],
  ],
  [
    'an asynchronous run that fails is tried twice more, within an hour',
    {},
    'LogoutFunctionEventInvokeConfig ',
    ['MaximumRetryAttempts: 2', 'MaximumEventAgeInSeconds: 3600'],
  ],
  [
    'there are traces once they are set',
    { tracing: true },
    'LogoutFunction ',
    ['TracingConfig.Mode: Active'],
  ],
  [
    'a saved query shows who logged out whom',
    { name: 'garden' },
    'LogoutCallers ',
    [
      'Name: blink-logout-garden/who-logged-out-whom',
      'QueryString: fields @timestamp, caller, proof, session, clientId, action, message, gatewayRequestId\n| filter ispresent(caller)\n| sort @timestamp desc',
    ],
  ],
  [
    'the fleet is a durable function that may run for a day',
    { maxConcurrency: 7 },
    'FleetFunction ',
    [
      'FunctionName: blink-logout-fleet',
      'DurableConfig.ExecutionTimeout: 86400',
      'DurableConfig.RetentionPeriodInDays: 30',
      'Environment.Variables.BLINK_LOGOUT_NAME: blink-logout',
      'Environment.Variables.TOPIC_ARN: AlarmTopic',
      'Environment.Variables.MAX_CONCURRENCY: 7',
      'DeadLetterConfig.TargetArn: DeadLettersQueue.Arn',
    ],
  ],
  [
    'the fleet’s alias "live" calls a version',
    {},
    'FleetFunctionAliaslive ',
    ['Name: live', 'FunctionName: FleetFunction', 'FunctionVersion: FleetFunctionCurrentVersion.Version'],
  ],
  [
    'an execution of the fleet that failed is not run again from its beginning',
    {},
    'FleetFunctionAliasliveEventInvokeConfig ',
    ['MaximumRetryAttempts: 0'],
  ],
  [
    'the function gets events of payload format 2.0',
    {},
    'WebhookApiDefaultRouteIntegration ',
    ['IntegrationType: AWS_PROXY', 'PayloadFormatVersion: 2.0', 'IntegrationUri: LogoutFunction.Arn'],
  ],
  [
    'the webhook is throttled as set, and unknown paths have a bucket of their own',
    { webhookRatePerSecond: 7, webhookBurst: 9 },
    'WebhookStage ',
    [
      'StageName: $default',
      'DefaultRouteSettings.ThrottlingRateLimit: 7',
      'DefaultRouteSettings.ThrottlingBurstLimit: 9',
      'RouteSettings.$default.ThrottlingRateLimit: 1',
      'RouteSettings.$default.ThrottlingBurstLimit: 5',
    ],
  ],
  ...[
    ['key', 'NONE'],
    ['iam', 'AWS_IAM'],
  ].map(
    ([webhookAuth, type]) =>
      [
        `with ${webhookAuth}, the webhook takes two routes, and hands the function all else, to be refused alike`,
        { webhookAuth },
        'WebhookApi',
        [
          'POSTlogout RouteKey: POST /logout',
          `POSTlogout AuthorizationType: ${type}`,
          'POSTlogoutsession RouteKey: POST /logout/{session}',
          `POSTlogoutsession AuthorizationType: ${type}`,
          'DefaultRoute RouteKey: $default',
          `DefaultRoute AuthorizationType: ${type}`,
        ],
      ] as const,
  ),
  [
    'the webhook, and no other API, may invoke the function',
    {},
    'WebhookApi',
    [
      ['POSTlogoutIntegrationPermission', '/logout'],
      ['POSTlogoutsessionIntegrationPermission', '/logout/{session}'],
      ['DefaultRouteIntegrationPermission', ''],
    ].flatMap(([permission, path]) => [
      `${permission} Principal: apigateway.amazonaws.com`,
      `${permission} FunctionName: LogoutFunction.Arn`,
      `${permission} SourceArn: arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:WebhookApi/*/*${path}`,
    ]),
  ],
  [
    'the webhook’s key is of 64 letters and digits, and no session',
    {},
    'WebhookKey ',
    [
      'Name: blink-logout-webhook-key',
      'GenerateSecretString.PasswordLength: 64',
      'GenerateSecretString.ExcludePunctuation: true',
      '!KmsKeyId',
    ],
  ],
  [
    'the webhook’s key is under a KMS key where one is set',
    { kmsKeyArn: KEY_ARN },
    'WebhookKey ',
    [`KmsKeyId: ${KEY_ARN}`],
  ],
  [
    'the access log is kept as long as is set',
    { logRetentionDays: 14 },
    'WebhookAccessLog ',
    ['LogGroupName: /aws/vendedlogs/blink-logout/webhook', 'RetentionInDays: 14'],
  ],
  ['the function’s log, too', { logRetentionDays: 14 }, 'LogoutLog ', ['RetentionInDays: 14']],
  ['the rule is disabled without a schedule', {}, 'ScheduleRule ', ['State: DISABLED']],
  [
    'the rule fires as set, and hands its event to the function as it is',
    NIGHTLY,
    'ScheduleRule ',
    [
      'ScheduleExpression: cron(0 3 * * ? *)',
      'State: ENABLED',
      'Targets.0.Arn: LogoutFunction.Arn',
      '!Targets.0.Input',
      '!Targets.1',
      ...DELIVERY.map((line) => `Targets.0.${line}`),
    ],
  ],
  [
    'the rule, and no other, may invoke the function',
    {},
    'ScheduleRuleAllowEventRuleblinklogoutLogoutFunction2BE60E25 ',
    ['Principal: events.amazonaws.com', 'FunctionName: LogoutFunction.Arn', 'SourceArn: ScheduleRule.Arn'],
  ],
  ...['all', ['garden', 'tenant-*'], MANY].map(
    (sessions) =>
      [
        `the rule calls the fleet with its time and ${JSON.stringify(sessions).slice(0, 30)}`,
        { schedule: 'rate(1 day)', sessions },
        'ScheduleRule ',
        [
          'State: ENABLED',
          'Targets.0.Arn: FleetFunctionAliaslive',
          'Targets.0.InputTransformer.InputPathsMap.time: $.time',
          `Targets.0.InputTransformer.InputTemplate: {"sessions":${JSON.stringify(sessions)},"scheduledAt":<time>}`,
          ...DELIVERY.map((line) => `Targets.0.${line}`),
        ],
      ] as const,
  ),
  [
    'in a time zone, EventBridge Scheduler invokes the function with a scheduled event',
    BERLIN,
    'ScheduleInTimeZone ',
    [
      'ScheduleExpression: cron(0 3 * * ? *)',
      'ScheduleExpressionTimezone: Europe/Berlin',
      'FlexibleTimeWindow.Mode: OFF',
      'Target.Arn: LogoutFunction.Arn',
      'Target.Input: {"source":"aws.scheduler","detail-type":"Scheduled Event"}',
      ...DELIVERY.map((line) => `Target.${line}`),
    ],
  ],
  [
    'in a time zone, EventBridge Scheduler calls the fleet with its time',
    { ...BERLIN, sessions: 'all' },
    'ScheduleInTimeZone ',
    [
      'Target.Arn: FleetFunctionAliaslive',
      'Target.Input: {"sessions":"all","scheduledAt":"<aws.scheduler.scheduled-time>"}',
    ],
  ],
  [
    'in a time zone, the rule is disabled, and without an input, whose length EventBridge limits',
    { ...BERLIN, sessions: 'all' },
    'ScheduleRule ',
    ['State: DISABLED', '!Targets.0.Input'],
  ],
];

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

const FLEET_ARN = 'arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:blink-logout-fleet';

const RIGHTS_OF_THE_FUNCTION = [
  'logs:CreateLogStream on LogoutLog.Arn',
  'logs:PutLogEvents on LogoutLog.Arn',
  'sqs:SendMessage on DeadLettersQueue.Arn',
  `secretsmanager:GetSecretValue on ${SESSION_SECRETS}`,
  `secretsmanager:PutSecretValue on ${SESSION_SECRETS}`,
  `secretsmanager:UpdateSecretVersionStage on ${SESSION_SECRETS}`,
  `secretsmanager:GetSecretValue on ${WEBHOOK_KEY}`,
  `kms:Decrypt on ${KMS_KEYS}`,
  `kms:GenerateDataKey on ${KMS_KEYS}`,
];

/** By the settings and the role: all that it may do. */
const RIGHTS: readonly (readonly [Settings, string, readonly string[]])[] = [
  [{}, 'LogoutRole', RIGHTS_OF_THE_FUNCTION],
  [{ webhookAuth: 'iam' }, 'LogoutRole', RIGHTS_OF_THE_FUNCTION],
  [{ kmsKeyArn: KEY_ARN }, 'LogoutRole', RIGHTS_OF_THE_FUNCTION],
  [
    { tracing: true },
    'LogoutRole',
    [...RIGHTS_OF_THE_FUNCTION, 'xray:PutTelemetryRecords on *', 'xray:PutTraceSegments on *'],
  ],
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
    { ...BERLIN, sessions: 'all' },
    'ScheduleSchedulerRole',
    ['lambda:InvokeFunction on FleetFunctionAliaslive', 'sqs:SendMessage on DeadLettersQueue.Arn'],
  ],
];

describe('the stack', () => {
  it.each(FACTS)('%s', (_, settings, beginning, facts) => {
    const all = factsOf(synthesize(settings));
    for (const fact of facts) {
      const text = `${beginning}${fact.replace('!', '')}`;
      if (fact.startsWith('!')) expect(all.filter((each) => each.startsWith(text))).toEqual([]);
      else expect(all).toContain(text);
    }
  });

  it.each(RIGHTS)('with %o, permits the role %s this and nothing else', (settings, role, rights) => {
    expect(rightsOf(synthesize(settings), role).sort()).toEqual([...rights].sort());
  });

  it('has roles without managed policies, each of which one service can assume for this account', () => {
    const template = synthesize({ ...BERLIN, sessions: 'all' });
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

  it('has one queue, no subscription without an address, and no schedule of EventBridge Scheduler without a time zone', () => {
    const template = synthesize(NIGHTLY);
    template.resourceCountIs('AWS::SQS::Queue', 1);
    template.resourceCountIs('AWS::SNS::Subscription', 0);
    template.resourceCountIs('AWS::Scheduler::Schedule', 0);
  });

  it('has one secret, the webhook’s key: tokens outlive the stack', () => {
    synthesize().resourceCountIs('AWS::SecretsManager::Secret', 1);
  });

  it("outputs the webhook's URL, the functions and the command that reads the key", () => {
    const outputs = synthesize().findOutputs('*');
    expect(Object.keys(outputs).sort()).toEqual([
      'FleetArn',
      'FunctionName',
      'ReadWebhookKeyCommand',
      'WebhookUrl',
    ]);
    expect(JSON.stringify(outputs['WebhookUrl'])).toMatch(/ApiEndpoint.*\/logout/);
    expect(JSON.stringify(outputs['FunctionName'])).toMatch(/"Ref":"LogoutFunction/);
    expect(JSON.stringify(outputs['ReadWebhookKeyCommand'])).toContain(
      '--secret-id blink-logout-webhook-key --query SecretString --output text',
    );
  });

  it('leaves nothing behind that would stand in the way of the next deployment', () => {
    for (const resource of Object.values(synthesize().toJSON()['Resources'])) {
      expect(resource).not.toMatchObject({ DeletionPolicy: expect.stringContaining('Retain') });
    }
  });

  it('has the name that is set, and so has all that it makes', () => {
    const { Resources, Outputs } = synthesize({ name: 'garden', schedule: 'rate(1 day)' }).toJSON();
    const names = JSON.stringify([Resources, Outputs]).match(/blink-logout(?!-garden)[^"]*/g) ?? [];
    // Only in texts for people.
    expect(names.filter((name) => !/^blink-logout webhook$/.test(name))).toEqual([]);
  });
});

it.each([
  [{}, ['blink-logout', 'key', 'Blink', 'true']],
  [
    { name: 'garden', webhookAuth: 'iam', blinkUserAgent: '~'.repeat(200), sessionMetrics: false },
    ['blink-logout-garden', 'iam', '~'.repeat(200), 'false'],
  ],
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

describe('the webhook', () => {
  /** The only one of its type. */
  const only = (type: string, settings: Settings = {}) =>
    Object.values(synthesize(settings).findResources(type))[0];

  it('creates its routes before the stage, which names one of them', () => {
    const routes = Object.keys(synthesize().findResources('AWS::ApiGatewayV2::Route'));
    expect(only('AWS::ApiGatewayV2::Stage')?.['DependsOn']).toEqual(expect.arrayContaining(routes));
  });

  it('logs accesses, and nothing in which a caller may have put a credential', () => {
    const [, format = ''] =
      factsOf(synthesize())
        .find((fact) => fact.startsWith('WebhookStage AccessLogSettings.Format'))
        ?.split('Format: ') ?? [];
    const variables = Object.values(JSON.parse(format));
    expect(variables).toContain('$context.requestId');
    expect(variables).toContain('$context.status');
    expect(variables.filter((name) => /header|userAgent|query|body/i.test(String(name)))).toEqual([]);
  });

  it('keeps its key where IAM guards it, so that a change of the setting changes no key', () => {
    const type = 'AWS::SecretsManager::Secret';
    expect(only(type, { webhookAuth: 'iam' })).toEqual(only(type));
    expect(synthesize({ webhookAuth: 'iam' }).findOutputs('ReadWebhookKeyCommand')).toEqual({});
  });

  it('changes its key only after the rights of the function', () => {
    expect(only('AWS::SecretsManager::Secret')?.['DependsOn']).toContainEqual(
      expect.stringMatching(/^LogoutRoleDefaultPolicy/),
    );
  });
});
