import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  GetFunctionConfigurationCommand,
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
  for (const mock of mocks) mock.reset();
  deployed();
});
afterEach(async () => {
  session.expectNothingPrintedInClear();
  await session.close();
  await webhook.close();
});

/** A deployment in which all is right. */
function deployed(): void {
  stackIs('UPDATE_COMPLETE');
  resourcesAre();
  lambda
    .on(GetFunctionConfigurationCommand)
    .resolves({ State: 'Active', LastUpdateStatus: 'Successful' })
    .on(InvokeCommand)
    .resolves({ StatusCode: 200 });
  ruleIs('ENABLED', 'cron(0 3 * * ? *)');
  subscriptionsAre(`${TOPIC}:1234`);
  alarmsAre('OK');
  lastRunIs('LoggedOut');
}

function stackIs(
  StackStatus: 'UPDATE_COMPLETE' | 'UPDATE_ROLLBACK_COMPLETE' | 'CREATE_IN_PROGRESS',
  key = true,
) {
  const outputs = {
    FunctionName: 'blink-logout-Function',
    WebhookUrl: `${webhook.url}/logout`,
    ...(key && { ReadWebhookKeyCommand: 'aws …' }),
  };
  cloudFormation.on(DescribeStacksCommand).resolves({
    Stacks: [
      {
        StackName: 'blink-logout',
        CreationTime: new Date(),
        StackStatus,
        Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
      },
    ],
  });
}

function resourcesAre(more: Readonly<Record<string, string>> = {}): void {
  const resources = {
    'AWS::Events::Rule': 'blink-logout-Rule',
    'AWS::SNS::Topic': TOPIC,
    'AWS::SNS::Subscription': `${TOPIC}:1234`,
    'AWS::CloudWatch::Alarm': 'blink-logout-save-failed',
    ...more,
  };
  cloudFormation.on(DescribeStackResourcesCommand).resolves({
    StackResources: Object.entries(resources).map(([ResourceType, PhysicalResourceId]) => ({
      ResourceType,
      PhysicalResourceId,
      LogicalResourceId: 'x',
      ResourceStatus: 'CREATE_COMPLETE',
      Timestamp: new Date(),
    })),
  });
}

function ruleIs(State: 'ENABLED' | 'DISABLED', ScheduleExpression: string): void {
  events.on(DescribeRuleCommand).resolves({ State, ScheduleExpression });
}

function scheduleIs(State: 'ENABLED' | 'DISABLED', ScheduleExpression: string): void {
  resourcesAre({ 'AWS::Scheduler::Schedule': 'blink-logout-InTimeZone' });
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

function alarmsAre(StateValue: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA', ActionsEnabled = true): void {
  cloudWatch
    .on(DescribeAlarmsCommand)
    .resolves({ MetricAlarms: [{ AlarmName: 'blink-logout-save-failed', StateValue, ActionsEnabled }] });
}

/** Metrics with a value each, the last of them the newest. */
function lastRunIs(...metrics: readonly string[]): void {
  const newestMs = Date.now() - 180 * MINUTE_MS;
  cloudWatch.on(GetMetricDataCommand).resolves({
    MetricDataResults: metrics.map((Label, i) => ({
      Label,
      Timestamps: [new Date(newestMs - (metrics.length - 1 - i) * 5 * MINUTE_MS)],
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
      'role ok',
      'webhook ok',
      'schedule ok',
      'mail ok',
      'alarms ok',
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
        '✓ stack     blink-logout is deployed (UPDATE_COMPLETE).',
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
    expect([...actions].sort()).toEqual(['GetSecretValue', 'ListSecretVersionIds', 'ListSecrets']);
  });

  it.each<[check: string, state: string, words: RegExp, change: () => void]>([
    ['stack', 'not_ok', /last deployment failed.*npm run deploy/, () => stackIs('UPDATE_ROLLBACK_COMPLETE')],
    ['stack', 'not_ok', /is being changed.*Wait/, () => stackIs('CREATE_IN_PROGRESS')],
    [
      'function',
      'not_ok',
      /not ready yet/,
      () => lambda.on(GetFunctionConfigurationCommand).resolves({ State: 'Pending' }),
    ],
    [
      'function',
      'not_ok',
      /inactive.*Try again/,
      () => lambda.on(GetFunctionConfigurationCommand).resolves({ State: 'Inactive' }),
    ],
    [
      'function',
      'not_ok',
      /cannot run \(Failed, InvalidZipFileException\).*npm run deploy/,
      () =>
        lambda
          .on(GetFunctionConfigurationCommand)
          .resolves({ State: 'Failed', StateReasonCode: 'InvalidZipFileException' }),
    ],
    [
      'function',
      'not_ok',
      /last update failed \(InternalError\)/,
      () =>
        lambda.on(GetFunctionConfigurationCommand).resolves({
          State: 'Active',
          LastUpdateStatus: 'Failed',
          LastUpdateStatusReasonCode: 'InternalError',
        }),
    ],
    [
      'role',
      'not_ok',
      /cannot read the session default.*"secrets_unavailable" in docs\/runbook.md/,
      () => invocationFailsWith({ errorType: 'secrets_unavailable', errorMessage: 'canary' }),
    ],
    [
      'role',
      'not_ok',
      /failed \(Sandbox.Timedout\)/,
      () => invocationFailsWith({ errorType: 'Sandbox.Timedout' }),
    ],
    ['role', 'ok', /can read/, () => invocationFailsWith({ errorType: 'session_busy' })],
    ['webhook', 'not_ok', /without credentials with 200 instead of 401/, () => (statuses.stranger = 200)],
    ['webhook', 'not_ok', /refuses the key.*ten seconds/, () => (statuses.caller = 401)],
    ['webhook', 'not_ok', /throttled/, () => (statuses.caller = 429)],
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
      /No schedule fires.*enable-rule --name/,
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
      /No address.*alarmEmail/,
      () => {
        subscriptionsAre();
        resourcesAre({ 'AWS::SNS::Subscription': '' });
      },
    ],
    ['alarms', 'not_ok', /1 of 1 alarms rings.*"save-failed" in docs\/runbook.md/, () => alarmsAre('ALARM')],
    ['alarms', 'not_ok', /enable-alarm-actions/, () => alarmsAre('OK', false)],
    ['alarms', 'ok', /None of 1/, () => alarmsAre('INSUFFICIENT_DATA')],
    ['last run', 'ok', /already_logged_out, 3 hours ago/, () => lastRunIs('SaveFailed', 'AlreadyLoggedOut')],
    [
      'last run',
      'not_ok',
      /failed with save_failed.*"save_failed" in docs/,
      () => lastRunIs('LoggedOut', 'SaveFailed'),
    ],
    ['last run', 'not_configured', /no run within 14 days/, () => lastRunIs()],
    ['sessions', 'not_ok', /1 of 2 sessions.*attic: .*list --failed/, () => session.store('{}', 'attic')],
  ])('%s is %s: %s', async (check, state, words, change) => {
    change();
    const { exitCode, checks } = await diagnose();
    const found = checks.find((each) => each.check === check);
    expect(found?.state).toBe(state);
    expect([found?.message, ...(found?.advice ?? [])].join(' ')).toMatch(words);
    expect(exitCode).toBe(state === 'not_ok' ? 1 : 0);
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
    ['stack', 'AccessDenied', (error) => cloudFormation.on(DescribeStackResourcesCommand).rejects(error)],
    [
      'function',
      'AccessDeniedException',
      (error) => lambda.on(GetFunctionConfigurationCommand).rejects(error),
    ],
    ['role', 'AccessDeniedException', (error) => lambda.on(InvokeCommand).rejects(error)],
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
    session.secretsManager.faults.before('GetSecretValue', denied, { times: 2 });
    const { checks } = await diagnose();
    const words = (check: string) => JSON.stringify(checks.find((each) => each.check === check));
    expect(words('sessions')).toContain('secretsmanager:GetSecretValue');
    expect(words('webhook')).toContain('secretsmanager:GetSecretValue');
  });

  it('reports that there is no such stack, and still checks the sessions', async () => {
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
        message: 'There is no stack named blink-logout in eu-central-1.',
        advice: expect.arrayContaining(['Deploy it: npm run deploy']),
      },
      { check: 'sessions', state: 'ok' },
    ]);
  });

  it('does not send the key where IAM authenticates the callers', async () => {
    stackIs('UPDATE_COMPLETE', false);
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
    expect(checks.find(({ check }) => check === 'role')?.state).toBe('not_configured');
  });

  it('reports that there are no credentials', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    const error = new Error('Could not load credentials from any providers');
    cloudFormation
      .on(DescribeStacksCommand)
      .rejects(Object.assign(error, { name: 'CredentialsProviderError' }));
    const { exitCode, stdout } = await session.runAtAws('doctor --region eu-central-1');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✗ stack +There are no AWS credentials\./);
    expect(stdout).toMatch(/✗ sessions +There are no AWS credentials\./);
  });
});
