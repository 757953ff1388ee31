import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  type MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import { DescribeRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  LambdaServiceException,
} from '@aws-sdk/client-lambda';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LoopbackServer, startLoopbackServer } from '../../../local/loopback-server.ts';
import { refuse } from '../../../local/secrets-manager/start-secrets-manager.ts';
import { KEY_SECRET, type SessionUnderTest, startSessionUnderTest } from './session-under-test.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:blink-logout-Topic';

const cloudFormation = mockClient(CloudFormationClient);
const lambda = mockClient(LambdaClient);
const events = mockClient(EventBridgeClient);
const scheduler = mockClient(SchedulerClient);
const sns = mockClient(SNSClient);
const cloudWatch = mockClient(CloudWatchClient);
const mocks = [cloudFormation, lambda, events, scheduler, sns, cloudWatch];
afterAll(() => {
  for (const mock of mocks) mock.restore();
});

let session: SessionUnderTest;
let webhook: LoopbackServer;
/** How the webhook answers: without credentials, and with the key. */
let statuses: { stranger: number; caller: number };
let bodies: string[];

beforeEach(async () => {
  session = await startSessionUnderTest();
  session.store('{"refresh_token":"x"}');
  statuses = { stranger: 401, caller: 200 };
  bodies = [];
  const authorization = `Bearer ${session.secretsManager.secrets.find(KEY_SECRET).version({}).text}`;
  webhook = await startLoopbackServer({}, async ({ headers, body }) => {
    bodies.push(body.toString());
    const status = headers.authorization === authorization ? statuses.caller : statuses.stranger;
    return { answer: { status, headers: {}, body: '{}' } };
  });
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIACANARY');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary-secret-key');
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', session.secretsManager.url);
  const { fetch } = globalThis;
  vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
    fetch(url.replace('https://api1.execute-api.eu-central-1.amazonaws.com', webhook.url), init),
  );
  for (const mock of mocks) mock.reset();
  deployed();
});
afterEach(async () => {
  vi.unstubAllGlobals();
  session.expectNothingPrintedInClear();
  await session.close();
  await webhook.close();
});

/** A deployment in which all is right. */
function deployed(): void {
  stackIs('UPDATE_COMPLETE');
  resourcesAre();
  lambda.on(InvokeCommand).resolves({ StatusCode: 200 });
  functionIs({});
  ruleIs('ENABLED', 'cron(0 3 * * ? *)');
  subscriptionsAre(`${TOPIC}:1234`);
  alarmsAre('OK');
  lastRunIs('logged_out');
}

/** @param path of the construct in its stack */
function functionIs(
  {
    auth = 'key',
    ...configuration
  }: {
    auth?: string;
    State?: 'Active' | 'Pending' | 'Failed';
    StateReasonCode?: 'InvalidZipFileException';
    LastUpdateStatus?: 'Failed';
  },
  { stack = 'blink-logout', path = '' } = {},
) {
  lambda.on(GetFunctionCommand).resolves({
    Configuration: {
      State: 'Active',
      LastUpdateStatus: 'Successful',
      Environment: { Variables: { WEBHOOK_AUTH: auth } },
      ...configuration,
    },
    Tags: {
      'aws:cloudformation:stack-name': stack,
      'aws:cloudformation:logical-id': `${path}LogoutFunction82EEDBE3`,
    },
  });
}

function stackIs(
  StackStatus: 'UPDATE_COMPLETE' | 'UPDATE_ROLLBACK_COMPLETE' | 'CREATE_IN_PROGRESS',
  CreationTime = new Date(),
) {
  cloudFormation
    .on(DescribeStacksCommand)
    .resolves({ Stacks: [{ StackName: 'blink-logout', CreationTime, StackStatus }] });
}

/** Logical ids, with their types and physical ids. */
function resourcesAre(
  more: Readonly<Record<string, readonly [type: string, id: string]>> = {},
  path = '',
): void {
  const resources = {
    ScheduleRule: ['AWS::Events::Rule', 'blink-logout-Rule'],
    AlarmTopic: ['AWS::SNS::Topic', TOPIC],
    AlarmTopicAddress: ['AWS::SNS::Subscription', `${TOPIC}:1234`],
    Alarmssavefailed: ['AWS::CloudWatch::Alarm', 'blink-logout-save-failed'],
    WebhookApi: ['AWS::ApiGatewayV2::Api', 'api1'],
    ...more,
  };
  const foreign = {
    Alarmsforeign: ['AWS::CloudWatch::Alarm', 'foreign'],
    ScheduleRuleOther: ['AWS::Events::Rule', 'x'],
  };
  const ours = Object.entries(resources).map(([id, resource]) => [path + id, resource] as const);
  cloudFormation.on(ListStackResourcesCommand).resolves({
    StackResourceSummaries: [...(path === '' ? [] : Object.entries(foreign)), ...ours].map(
      ([LogicalResourceId, [ResourceType, PhysicalResourceId]]) => ({
        ResourceType,
        PhysicalResourceId,
        LogicalResourceId,
        ResourceStatus: 'CREATE_COMPLETE',
        LastUpdatedTimestamp: new Date(),
      }),
    ),
  });
}

function ruleIs(State: 'ENABLED' | 'DISABLED', ScheduleExpression: string): void {
  events.on(DescribeRuleCommand).resolves({ State, ScheduleExpression });
}

function scheduleIs(State: 'ENABLED' | 'DISABLED', ScheduleExpression: string): void {
  resourcesAre({ ScheduleInTimeZone: ['AWS::Scheduler::Schedule', 'blink-logout-InTimeZone'] });
  scheduler
    .on(GetScheduleCommand)
    .resolves({ State, ScheduleExpression, ScheduleExpressionTimezone: 'America/New_York' });
}

function subscriptionsAre(...arns: readonly string[]): void {
  sns.on(ListSubscriptionsByTopicCommand).resolves({
    Subscriptions: arns.map((SubscriptionArn) => ({
      SubscriptionArn,
      Protocol: 'email',
      Endpoint: 'canary.person@example.com',
    })),
  });
}

function alarmsAre(StateValue: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA', more: MetricAlarm = {}): void {
  const alarm = { AlarmName: 'blink-logout-save-failed', StateValue, ActionsEnabled: true, ...more };
  cloudWatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [alarm] });
}

/** Results of runs, the last of them the newest. */
function lastRunIs(...results: readonly string[]): void {
  lastRunWas(180 * MINUTE_MS, ...results);
}

function lastRunWas(agoMs: number, ...results: readonly string[]): void {
  const newestMs = Date.now() - agoMs;
  cloudWatch.on(GetMetricDataCommand).resolves({
    MetricDataResults: results.map((Label, i) => ({
      Label,
      Timestamps: [new Date(newestMs - (results.length - 1 - i) * 5 * MINUTE_MS)],
      Values: [1],
    })),
  });
}

function invocationFailsWith(payload: object): void {
  const text = JSON.stringify(payload);
  const Payload = Object.assign(Buffer.from(text), { transformToString: () => text });
  lambda.on(InvokeCommand).resolves({ StatusCode: 200, FunctionError: 'Unhandled', Payload });
}

interface Result {
  readonly check: string;
  readonly state: string;
  readonly message: string;
  readonly advice?: readonly string[];
}

async function diagnose(): Promise<{ readonly exitCode: number; readonly checks: readonly Result[] }> {
  const { exitCode, stdout } = await session.runAtAws('doctor --json --region eu-central-1');
  expect(stdout).not.toContain('canary');
  const { ok, checks } = JSON.parse(stdout);
  expect(ok).toBe(exitCode === 0);
  return { exitCode, checks };
}

describe('doctor', () => {
  it('finds no fault in a correct deployment', async () => {
    const { exitCode, checks } = await diagnose();
    expect(checks.map(({ check, state }) => `${check} ${state}`)).toEqual([
      'stack ok',
      'function ok',
      'webhook ok',
      'schedule ok',
      'mail ok',
      'alarms ok',
      'key ok',
      'last run ok',
      'sessions ok',
    ]);
    expect(exitCode).toBe(0);
  });

  it('prints a line for each check, with a mark, and below it what to do', async () => {
    subscriptionsAre('PendingConfirmation');
    ruleIs('DISABLED', 'rate(1 day)');
    const { exitCode, stdout } = await session.runAtAws('doctor --region eu-central-1');
    expect(exitCode).toBe(1);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        '✓ stack     The stack blink-logout is deployed (UPDATE_COMPLETE).',
        '– schedule  No schedule fires. Only the webhook and you log sessions out.',
        '✗ mail      The mail subscription of the alarms is not confirmed.',
        expect.stringMatching(/^ {12}Open the mail from "AWS Notifications"/),
      ]),
    );
  });

  it('spends nothing, and calls the function and the webhook only with "check"', async () => {
    await diagnose();
    expect(session.blink.calls).toEqual([]);
    expect(bodies).toEqual(['{"action":"check","session":""}', '{"action":"check","session":"default"}']);
    const [invocation] = lambda.commandCalls(InvokeCommand);
    expect(invocation?.args[0].input.Payload).toBe('{"action":"check","session":"default"}');
    const actions = new Set(session.secretsManager.calls.map(({ action }) => action));
    expect([...actions].sort()).toEqual(['DescribeSecret', 'GetSecretValue', 'ListSecrets']);
  });

  it('names the sessions that are not under the KMS key of the stack, with the command', async () => {
    const key = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    session.secretsManager.secrets.find('blink-logout-webhook-key').kmsKeyId = key;
    const { checks } = await diagnose();
    expect(checks.find(({ check }) => check === 'key')).toMatchObject({
      state: 'not_ok',
      message: '1 sessions are not under the KMS key of the stack.',
      advice: [
        expect.stringContaining(
          `aws secretsmanager update-secret --secret-id blink-logout/default --kms-key-id ${key}`,
        ),
      ],
    });
    session.secretsManager.secrets.find('blink-logout/default').kmsKeyId = key;
    expect((await diagnose()).checks.find(({ check }) => check === 'key')).toMatchObject({ state: 'ok' });
  });

  it.each<[check: string, state: string, words: RegExp, change: () => void]>([
    [
      'stack',
      'not_ok',
      /last deployment of the stack blink-logout failed.*npm run deploy/,
      () => stackIs('UPDATE_ROLLBACK_COMPLETE'),
    ],
    ['stack', 'not_ok', /is being changed.*Wait/, () => stackIs('CREATE_IN_PROGRESS')],
    ['function', 'not_ok', /not ready \(Pending/, () => functionIs({ State: 'Pending' })],
    [
      'function',
      'not_ok',
      /not ready \(Failed, InvalidZipFileException\).*npm run deploy/,
      () => functionIs({ State: 'Failed', StateReasonCode: 'InvalidZipFileException' }),
    ],
    ['function', 'not_ok', /last update failed/, () => functionIs({ LastUpdateStatus: 'Failed' })],
    [
      'function',
      'not_ok',
      /cannot read the session default.*"secrets_unavailable" in docs\/runbook.md/,
      () => invocationFailsWith({ errorType: 'secrets_unavailable', errorMessage: 'canary' }),
    ],
    [
      'function',
      'not_ok',
      /failed \(Sandbox.Timedout\)/,
      () => invocationFailsWith({ errorType: 'Sandbox.Timedout' }),
    ],
    ['function', 'ok', /can read/, () => invocationFailsWith({ errorType: 'session_invalid' })],
    ['webhook', 'not_ok', /without credentials with 200 instead of 401/, () => (statuses.stranger = 200)],
    ['webhook', 'not_ok', /refuses the key.*ten seconds/, () => (statuses.caller = 401)],
    ['webhook', 'not_ok', /more requests than it accepts/, () => (statuses.caller = 429)],
    ['webhook', 'not_ok', /with 500 instead of 200.*log/, () => (statuses.caller = 500)],
    [
      'webhook',
      'not_ok',
      /marked for deletion.*restore-secret --secret-id blink-logout-webhook-key/,
      () => session.secretsManager.secrets.delete(KEY_SECRET),
    ],
    ['schedule', 'ok', /Next: .*; .*; [^;]*\./, () => scheduleIs('ENABLED', 'cron(0 3 * * ? *)')],
    [
      'schedule',
      'ok',
      /is rate\(1 day\), counted from when it was enabled/,
      () => ruleIs('ENABLED', 'rate(1 day)'),
    ],
    [
      'schedule',
      'not_configured',
      /No schedule fires.*disabled by hand/,
      () => ruleIs('DISABLED', 'rate(1 day)'),
    ],
    [
      'schedule',
      'not_ok',
      /in America\/New_York is disabled.*Scheduler/,
      () => scheduleIs('DISABLED', 'cron(0 3 * * ? *)'),
    ],
    ['schedule', 'not_ok', /never fires again/, () => ruleIs('ENABLED', 'cron(0 3 1 1 ? 2020)')],
    ['mail', 'not_ok', /does not exist.*aws sns subscribe --topic-arn/, () => subscriptionsAre()],
    [
      'mail',
      'not_configured',
      /a topic that is not of this stack/,
      () => resourcesAre({ AlarmTopic: ['AWS::SNS::Topic', ''] }),
    ],
    [
      'mail',
      'not_configured',
      /No address.*alarmEmail/,
      () => {
        subscriptionsAre();
        resourcesAre({ AlarmTopicAddress: ['AWS::SNS::Subscription', ''] });
      },
    ],
    [
      'alarms',
      'not_ok',
      /1 of 1 alarms.*is in ALARM. See "save-failed" in docs\/runbook.md/,
      () => alarmsAre('ALARM'),
    ],
    ['alarms', 'not_ok', /enable-alarm-actions/, () => alarmsAre('OK', { ActionsEnabled: false })],
    [
      'alarms',
      'not_ok',
      /lacks the data that it needs. See "save-failed"/,
      () => alarmsAre('INSUFFICIENT_DATA'),
    ],
    [
      'alarms',
      'ok',
      /none is in ALARM/,
      () => alarmsAre('INSUFFICIENT_DATA', { AlarmConfigurationUpdatedTimestamp: new Date() }),
    ],
    [
      'alarms',
      'not_ok',
      /save-failed does not exist, and a deployment does not make it again/,
      () => alarmsAre('OK', { AlarmName: 'another' }),
    ],
    [
      'alarms',
      'not_ok',
      /has no alarms.*npm run deploy/,
      () => resourcesAre({ Alarmssavefailed: ['AWS::CloudWatch::Alarm', ''] }),
    ],
    [
      'last run',
      'ok',
      /already_logged_out, 3 hours ago/,
      () => lastRunIs('logged_out', 'save_failed', 'already_logged_out'),
    ],
    [
      'last run',
      'not_ok',
      /failed with save_failed.*"save_failed" in docs/,
      () => lastRunIs('logged_out', 'save_failed'),
    ],
    ['last run', 'not_configured', /no run within 62 days/, () => lastRunIs()],
    [
      'last run',
      'not_ok',
      /is cron\(0 3 \* \* \? \*\), and no logout has succeeded for 9 days.*"no-success" in docs/,
      () => lastRunWas(9 * DAY_MS, 'logged_out'),
    ],
    [
      'last run',
      'not_ok',
      /no logout has succeeded for 3 days/,
      () => {
        lastRunIs();
        stackIs('UPDATE_COMPLETE', new Date(Date.now() - 3 * DAY_MS));
      },
    ],
    [
      'last run',
      'ok',
      /logged_out, 9 days ago/,
      () => {
        ruleIs('DISABLED', 'rate(1 day)');
        lastRunWas(9 * DAY_MS, 'logged_out');
      },
    ],
    ['sessions', 'not_ok', /1 of 2 sessions.*attic: .*list --failed/, () => session.store('{}', 'attic')],
  ])('%s is %s: %s', async (check, state, words, change) => {
    change();
    const { exitCode, checks } = await diagnose();
    const found = checks.find((each) => each.check === check);
    expect(found?.state).toBe(state);
    expect([found?.message, ...(found?.advice ?? [])].join(' ')).toMatch(words);
    expect(exitCode).toBe(state === 'not_ok' ? 1 : 0);
    expect(JSON.stringify(checks)).not.toContain('Internal error');
  });
  it('shows the next three times in the time zone of this machine', async () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    vi.setSystemTime('2026-10-24T12:00:00Z');
    const { checks } = await diagnose();
    vi.useRealTimers();
    expect(checks.find(({ check }) => check === 'schedule')?.message).toBe(
      'The schedule is cron(0 3 * * ? *). Next: Sun, 25 Oct 2026, 04:00 CET; Mon, 26 Oct 2026, 04:00 CET; Tue, 27 Oct 2026, 04:00 CET.',
    );
  });

  it.each<[check: string, name: string, deny: (error: Error) => void]>([
    ['stack', 'AccessDenied', (error) => cloudFormation.on(DescribeStacksCommand).rejects(error)],
    ['stack', 'AccessDenied', (error) => cloudFormation.on(ListStackResourcesCommand).rejects(error)],
    ['stack', 'AccessDeniedException', (error) => lambda.on(GetFunctionCommand).rejects(error)],
    ['function', 'AccessDeniedException', (error) => lambda.on(InvokeCommand).rejects(error)],
    ['schedule', 'AccessDeniedException', (error) => events.on(DescribeRuleCommand).rejects(error)],
    [
      'schedule',
      'AccessDeniedException',
      (error) => {
        scheduleIs('ENABLED', 'rate(1 day)');
        scheduler.on(GetScheduleCommand).rejects(error);
      },
    ],
    ['mail', 'AuthorizationError', (error) => sns.on(ListSubscriptionsByTopicCommand).rejects(error)],
    ['alarms', 'AccessDenied', (error) => cloudWatch.on(DescribeAlarmsCommand).rejects(error)],
    ['last run', 'AccessDenied', (error) => cloudWatch.on(GetMetricDataCommand).rejects(error)],
  ])('%s: where AWS denies a call (%s), prints the statement and goes on', async (check, name, deny) => {
    const message = 'User: x is not authorized to perform: svc:Action on resource: arn:aws:svc:::thing';
    deny(new LambdaServiceException({ name, message, $fault: 'client', $metadata: {} }));
    const { exitCode, checks } = await diagnose();
    expect(exitCode).toBe(1);
    expect(checks.filter(({ state }) => state === 'not_ok').map((each) => each.check)).toEqual([check]);
    const { advice = [] } = checks.find((each) => each.check === check) ?? {};
    expect(advice[1]).toBe('{"Effect":"Allow","Action":"svc:Action","Resource":"arn:aws:svc:::thing"}');
    expect(checks.find((each) => each.check === 'sessions')?.state).toBe('ok');
  });

  it('reports that the sessions or the key may not be read', async () => {
    const message = 'not authorized to perform: secretsmanager:GetSecretValue on resource: it';
    const denied = refuse('AccessDeniedException', message);
    session.secretsManager.faults.before('GetSecretValue', denied, { times: 6 });
    const { checks } = await diagnose();
    const words = (check: string) => JSON.stringify(checks.find((each) => each.check === check));
    expect(words('sessions')).toContain('secretsmanager:GetSecretValue');
    expect(words('webhook')).toContain('secretsmanager:GetSecretValue');
  });

  it('examines a construct in another stack, and nothing else that is in it', async () => {
    functionIs({}, { stack: 'home', path: 'Garden' });
    resourcesAre({}, 'Garden');
    const { exitCode, checks } = await diagnose();
    expect(checks[0]?.message).toBe('The stack home is deployed (UPDATE_COMPLETE).');
    expect(exitCode).toBe(0);
    const [described] = cloudFormation.commandCalls(DescribeStacksCommand);
    expect(described?.args[0].input.StackName).toBe('home');
    const [rule] = events.commandCalls(DescribeRuleCommand);
    expect(rule?.args[0].input.Name).toBe('blink-logout-Rule');
  });

  it('reports that there is no such stack, and still checks the sessions', async () => {
    const gone = {
      name: 'ResourceNotFoundException',
      message: 'x',
      $fault: 'client',
      $metadata: {},
    } as const;
    lambda.on(GetFunctionCommand).rejects(new LambdaServiceException(gone));
    cloudFormation.on(DescribeStacksCommand).rejects(
      new CloudFormationServiceException({
        name: 'ValidationError',
        message: 'Stack with id blink-logout does not exist',
        $fault: 'client',
        $metadata: {},
      }),
    );
    const { exitCode, checks } = await diagnose();
    expect(exitCode).toBe(1);
    expect(checks).toMatchObject([
      {
        check: 'stack',
        state: 'not_ok',
        message: 'There is no stack blink-logout in eu-central-1.',
        advice: expect.arrayContaining(['Deploy it: npm run deploy']),
      },
      { check: 'sessions', state: 'ok' },
    ]);
  });

  it('does not send the key where IAM authenticates the callers', async () => {
    functionIs({ auth: 'iam' });
    statuses = { stranger: 403, caller: 500 };
    const { checks } = await diagnose();
    expect(checks.find(({ check }) => check === 'webhook')?.state).toBe('ok');
    expect(bodies).toHaveLength(1);
  });

  it('does not let the webhook check a session that cannot be used, which could ring an alarm', async () => {
    session.secretsManager.secrets
      .find('blink-logout/default')
      .put('00000000-0000-0000-0000-000000000001', '{}', ['AWSCURRENT']);
    const { checks } = await diagnose();
    expect(bodies.every((body) => body === '{"action":"check","session":""}')).toBe(true);
    expect(checks.find(({ check }) => check === 'function')?.state).toBe('not_configured');
  });

  it('reports that there are no credentials', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    const error = new Error('Could not load credentials from any providers');
    lambda.on(GetFunctionCommand).rejects(Object.assign(error, { name: 'CredentialsProviderError' }));
    const { exitCode, stdout } = await session.runAtAws('doctor --region eu-central-1');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✗ stack +There are no AWS credentials\./);
    expect(stdout).toMatch(/✗ sessions +There are no AWS credentials\./);
  });
});
