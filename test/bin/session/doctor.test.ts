import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
  type StackStatus,
} from '@aws-sdk/client-cloudformation';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  type GetMetricDataInput,
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
import { keysDocument, ownerKey, type WebhookKey } from '../../../lambda/core/webhook-keys.ts';
import { deny, refuse } from '../../../local/secrets-manager/start-secrets-manager.ts';
import { AWS_KEYS, KEY_SECRET, session, sessionForEachTest } from './session-under-test.ts';

const DAY_MS = 86_400_000;
/** Whether a schedule has fired twice depends on the time of day. */
const NOW = new Date('2026-11-28T15:00:00Z');
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

const CRON = { ScheduleExpression: 'cron(0 3 * * ? *)' };
const disabled = { schedule: { ...CRON, State: 'DISABLED' } } as const;
const ZONED = { timeZone: 'America/New_York' };
/** Its last time was about twelve hours ago, the one before about 36. */
const HALF_A_DAY_AGO = {
  ScheduleExpression: `cron(0 ${(new Date().getUTCHours() + 12) % 24} * * ? *)`,
};
const RATE = { ScheduleExpression: 'rate(12 hours)' };

/** What is deployed, and how AWS and the webhook answer. */
const RIGHT = {
  stack: 'blink-logout',
  status: 'UPDATE_COMPLETE' as StackStatus,
  deployedDaysAgo: 10,
  /** The path of the construct in its stack. */
  path: '',
  /** Logical ids that the stack lacks. */
  without: [] as readonly string[],
  auth: 'key' as 'key' | 'iam',
  invocationError: undefined as string | undefined,
  /** The webhook's statuses: without credentials, and with the key. */
  stranger: 401,
  caller: 200,
  schedule: CRON as { readonly State?: 'DISABLED'; readonly ScheduleExpression: string },
  /** With one, the schedule is EventBridge Scheduler's. */
  timeZone: undefined as string | undefined,
  subscriptions: [`${TOPIC}:1234`] as readonly string[],
  alarm: { AlarmName: 'blink-logout-save-failed', StateValue: 'OK', ActionsEnabled: true } as MetricAlarm,
  /** Results of runs, the last of them the newest. */
  runs: ['logged_out'] as readonly string[],
  lastRunDaysAgo: 1 / 8,
  /** Rejects a call with this error. */
  denies: (_error: Error): unknown => undefined,
};

type Deployment = Readonly<typeof RIGHT>;

function deployed(changes: Partial<Deployment> = {}): void {
  deployment = { ...RIGHT, ...changes };
  const { stack, path, timeZone, schedule, runs, invocationError } = deployment;
  const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);
  lambda.on(GetFunctionCommand).resolves({
    Configuration: { Environment: { Variables: { WEBHOOK_AUTH: deployment.auth } } },
    Tags: {
      'aws:cloudformation:stack-name': stack,
      'aws:cloudformation:logical-id': `${path}LogoutFunction82EEDBE3`,
    },
  });
  const times = { CreationTime: daysAgo(400), LastUpdatedTime: daysAgo(deployment.deployedDaysAgo) };
  cloudFormation
    .on(DescribeStacksCommand)
    .resolves({ Stacks: [{ StackName: stack, ...times, StackStatus: deployment.status }] });
  const ours: (readonly [id: string, type: string, physicalId: string])[] = [
    ['ScheduleRule', 'AWS::Events::Rule', 'blink-logout-Rule'],
    ['AlarmTopic', 'AWS::SNS::Topic', TOPIC],
    ['AlarmTopicAddress', 'AWS::SNS::Subscription', `${TOPIC}:1234`],
    ['Alarmssavefailed', 'AWS::CloudWatch::Alarm', 'blink-logout-save-failed'],
    ['WebhookApi', 'AWS::ApiGatewayV2::Api', 'api1'],
    ...(timeZone ? ([['ScheduleInTimeZone', 'AWS::Scheduler::Schedule', 'x']] as const) : []),
  ];
  const resources = [
    ['Alarmsforeign', 'AWS::CloudWatch::Alarm', path === '' ? '' : 'foreign'] as const,
    ...ours
      .filter(([id]) => !deployment.without.includes(id))
      .map(([id, ...of]) => [path + id, ...of] as const),
  ];
  cloudFormation.on(ListStackResourcesCommand).resolves({
    StackResourceSummaries: resources.map(([LogicalResourceId, ResourceType, PhysicalResourceId]) => ({
      ResourceType,
      PhysicalResourceId,
      LogicalResourceId,
      ResourceStatus: 'CREATE_COMPLETE',
      LastUpdatedTimestamp: new Date(),
    })),
  });
  const text = JSON.stringify({ errorType: invocationError, errorMessage: 'canary' });
  lambda.on(InvokeCommand).resolves({
    StatusCode: 200,
    ...(invocationError && {
      FunctionError: 'Unhandled',
      Payload: Object.assign(Buffer.from(text), { transformToString: () => text }),
    }),
  });
  events.on(DescribeRuleCommand).resolves(schedule);
  scheduler.on(GetScheduleCommand).resolves({ ...schedule, ScheduleExpressionTimezone: timeZone });
  sns.on(ListSubscriptionsByTopicCommand).resolves({
    Subscriptions: [
      { SubscriptionArn: `${TOPIC}:9`, Protocol: 'https', Endpoint: 'https://canary.example' },
      ...deployment.subscriptions.map((SubscriptionArn) => ({
        SubscriptionArn,
        Protocol: 'email',
        Endpoint: 'canary.person@example.com',
      })),
    ],
  });
  cloudWatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [deployment.alarm] });
  cloudWatch.on(GetMetricDataCommand).callsFake(({ MetricDataQueries }: GetMetricDataInput) => ({
    MetricDataResults: MetricDataQueries?.filter(({ Label = '' }) => runs.includes(Label)).map(
      ({ Label = '' }) => ({
        Label,
        Timestamps: [daysAgo(deployment.lastRunDaysAgo + (runs.length - 1 - runs.indexOf(Label)) / 288)],
        Values: [1],
      }),
    ),
  }));
  const message = 'User: x is not authorized to perform: svc:Action on resource: arn:aws:svc:::thing';
  deployment.denies(awsError('AccessDenied', message));
}

/** As the clients of all services throw it. */
function awsError(name: string, message: string): Error {
  return new LambdaServiceException({ name, message, $fault: 'client', $metadata: {} });
}

let deployment: Deployment;
/** Of the webhook's address: the Region and the partition's. */
let domain: string;
/** What the webhook has received. */
let bodies: string[];

sessionForEachTest();
beforeEach(() => {
  vi.setSystemTime(NOW);
  session.store('{"refresh_token":"x"}');
  bodies = [];
  domain = 'eu-central-1.amazonaws.com';
  const authorization = `Bearer ${session.secretsManager.secrets.find(KEY_SECRET).version({}).text}`;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    expect(init).toMatchObject({ redirect: 'manual', signal: expect.any(AbortSignal) });
    expect(url).toBe(`https://api1.execute-api.${domain}/logout`);
    bodies.push(String(init.body));
    const hasKey = new Headers(init.headers).get('authorization') === authorization;
    return new Response('{}', { status: hasKey ? deployment.caller : deployment.stranger });
  });
  session.setAwsEnvironment(AWS_KEYS);
  for (const mock of mocks) mock.reset();
  deployed();
});
afterEach(() => vi.unstubAllGlobals());

const MARKS: Readonly<Record<string, string>> = { ok: '✓', not_ok: '✗', not_configured: '–' };

interface Result {
  readonly check: string;
  readonly state: string;
  readonly message: string;
  readonly advice: readonly string[];
}

async function diagnose(region = 'eu-central-1'): Promise<{
  readonly exitCode: number;
  readonly checks: readonly Result[];
  /** Mark, message and advice of a check. */
  words(check: string): string;
}> {
  const { exitCode, stdout } = await session.runAtAws(`doctor --json --region ${region}`);
  expect(stdout).not.toContain('canary');
  const { ok, checks }: { ok: boolean; checks: readonly Result[] } = JSON.parse(stdout);
  expect(ok).toBe(exitCode === 0);
  const words = (check: string) =>
    checks
      .filter((each) => each.check === check)
      .flatMap(({ state, message, advice }) => [MARKS[state], message, ...advice])
      .join(' ');
  return { exitCode, checks, words };
}

/** As Node fails without a connection. */
function unanswered(): void {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')));
}

const OF_ATTIC: WebhookKey = { ...ownerKey('k'.repeat(64), undefined), sessions: ['attic'] };

function denyDescribeSecret(): void {
  session.secretsManager.faults.before('DescribeSecret', deny('secretsmanager:DescribeSecret', KEY_SECRET));
}

function storeInvalid(count: number): void {
  for (let n = 1; n <= count; n++) session.store('{}', `c${n}`);
}

function putKeys(text: string): void {
  session.secretsManager.secrets.find(KEY_SECRET).put('0'.repeat(32), text, ['AWSCURRENT']);
}

function alarm(StateValue: 'ALARM' | 'INSUFFICIENT_DATA', changedAt?: Date): MetricAlarm {
  return { ...RIGHT.alarm, StateValue, ...(changedAt && { AlarmConfigurationUpdatedTimestamp: changedAt }) };
}

describe('doctor', () => {
  it('finds no fault in a correct deployment, spends nothing, and makes only calls of "check"', async () => {
    const { exitCode, checks } = await diagnose();
    expect(checks.map(({ check }) => check).join()).toBe(
      'stack,function,webhook,schedule,mail,alarms,key,last run,sessions',
    );
    expect(new Set(checks.map(({ state }) => state))).toEqual(new Set(['ok']));
    expect(exitCode).toBe(0);
    expect(session.blink.calls).toEqual([]);
    expect(bodies).toEqual(Array.from({ length: 2 }, () => '{"action":"check","session":"default"}'));
    const [invocation] = lambda.commandCalls(InvokeCommand);
    expect(invocation?.args[0].input.Payload).toBe('{"action":"check","session":"default"}');
    const actions = new Set(session.secretsManager.calls.map(({ action }) => action));
    expect([...actions].sort()).toEqual(['DescribeSecret', 'GetSecretValue', 'ListSecrets']);
  });

  it('prints a line for each check, with a mark, and below it what to do', async () => {
    deployed({ subscriptions: ['PendingConfirmation'], schedule: { ...RATE, State: 'DISABLED' } });
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

  it('says what helps against one fault once', async () => {
    session.setAwsEnvironment({});
    const { stdout } = await session.runAtAws('doctor --region eu-central-1');
    expect(stdout.match(/^✗ .*Could not load credentials/gm)).toHaveLength(3);
    expect(stdout.match(/aws sso login/g)).toHaveLength(1);
  });

  it('names the sessions that are not under the KMS key of the stack, with the command', async () => {
    const key = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    session.secretsManager.secrets.find('blink-logout-webhook-key').kmsKeyId = key;
    const { words } = await diagnose();
    expect(words('key')).toBe(
      `✗ 1 of 1 sessions are not under the KMS key of the stack. aws secretsmanager update-secret --secret-id blink-logout/default --kms-key-id ${key} --region eu-central-1`,
    );
    session.secretsManager.secrets.find('blink-logout/default').kmsKeyId = key;
    expect((await diagnose()).words('key')).toMatch(/^✓/);
  });

  const DENIED =
    /^✗ AWS says: .* would allow it: {"Effect":"Allow","Action":"svc:Action","Resource":"arn:aws:svc:::thing"}$/;
  it.each<[check: string, words: RegExp, changes: Partial<Deployment>]>([
    ['stack', /^✗ .*has not succeeded.*npm run deploy/, { status: 'UPDATE_ROLLBACK_COMPLETE' }],
    ['function', /^✗ .*"secrets_unavailable" in docs/, { invocationError: 'secrets_unavailable' }],
    ['function', /^✗ .*cannot check.*Sandbox.Timedout/, { invocationError: 'Sandbox.Timedout' }],
    ['function', /^✗ .*cannot check.*\(unknown error\)/, { invocationError: 'canary, not a code' }],
    ['webhook', /^✗ .*without credentials with 200 instead of 401/, { stranger: 200 }],
    ['webhook', /^✗ .*key with 401 instead of 200.*ten seconds/, { caller: 401 }],
    ['webhook', /^✗ .*more requests than it accepts/, { caller: 429 }],
    ['webhook', /^✗ .*with 500 instead of 200.*log/, { caller: 500 }],
    ['webhook', /^✓ .*IAM does not know/, { auth: 'iam', stranger: 403, caller: 500 }],
    ['schedule', /^✓ .*in America\/New_York. Next: \w{3} /, ZONED],
    ['schedule', /^✓ .*is rate\(12 hours\), counted from/, { schedule: RATE }],
    ['schedule', /^– No schedule.*disabled by hand/, disabled],
    ['schedule', /^✗ .* is disabled/, { ...disabled, ...ZONED }],
    ['schedule', /^✗ .*never fires/, { schedule: { ScheduleExpression: 'cron(0 3 1 1 ? 2020)' } }],
    ['mail', /^✗ .*does not exist.*aws sns subscribe --topic-arn/, { subscriptions: [] }],
    ['mail', /^– .*a topic that is not of this stack/, { without: ['AlarmTopic'] }],
    ['mail', /^– No address.*alarmEmail/, { subscriptions: [], without: ['AlarmTopicAddress'] }],
    ['alarms', /^✗ 1 of 1 .*is in ALARM. See "save-failed"/, { alarm: alarm('ALARM') }],
    ['alarms', /^✗ .*enable-alarm-actions/, { alarm: { ...RIGHT.alarm, ActionsEnabled: false } }],
    ['alarms', /^✗ .*lacks the data.*See "save-failed"/, { alarm: alarm('INSUFFICIENT_DATA') }],
    ['alarms', /^✓ .*none is in ALARM/, { alarm: alarm('INSUFFICIENT_DATA', NOW) }],
    ['alarms', /^✗ .*save-failed does not exist/, { alarm: { AlarmName: 'another' } }],
    ['alarms', /^✗ .*has no alarms.*npm run deploy/, { without: ['Alarmssavefailed'] }],
    [
      'last run',
      /^✓ .*already_logged_out, 3 hours/,
      { runs: ['logged_out', 'save_failed', 'already_logged_out'] },
    ],
    ['last run', /^✓ .*with logged_out/, { runs: ['logged_out', 'unauthenticated', 'forbidden'] }],
    ['last run', /^✗ .*with save_failed.*in docs/, { runs: ['logged_out', 'save_failed'] }],
    ['last run', /^– .*no run within 62 days/, { runs: [], deployedDaysAgo: 0 }],
    ['last run', /^✓ .*logged_out, 9 days ago/, { lastRunDaysAgo: 9, deployedDaysAgo: 0 }],
    ['last run', /^✗ .*succeeded for 9 days.*"no-success" in docs/, { lastRunDaysAgo: 9 }],
    ['last run', /^✓ .*logged_out, 30 hours ago/, { schedule: HALF_A_DAY_AGO, lastRunDaysAgo: 1.25 }],
    ['last run', /^✗ .*succeeded for 3 days/, { runs: [], deployedDaysAgo: 3 }],
    ['last run', /^✗ .*rate\(12 hours\).* for 36 hours/, { schedule: RATE, lastRunDaysAgo: 1.5 }],
    ['last run', /^✓ .*, 23 hours ago/, { schedule: RATE, lastRunDaysAgo: 0.97 }],
    ['last run', /^✓/, { ...disabled, lastRunDaysAgo: 9 }],
    ['stack', DENIED, { denies: (error) => cloudFormation.on(DescribeStacksCommand).rejects(error) }],
    ['stack', DENIED, { denies: (error) => cloudFormation.on(ListStackResourcesCommand).rejects(error) }],
    ['stack', DENIED, { denies: (error) => lambda.on(GetFunctionCommand).rejects(error) }],
    ['function', DENIED, { denies: (error) => lambda.on(InvokeCommand).rejects(error) }],
    ['schedule', DENIED, { denies: (error) => events.on(DescribeRuleCommand).rejects(error) }],
    ['schedule', DENIED, { ...ZONED, denies: (error) => scheduler.on(GetScheduleCommand).rejects(error) }],
    ['mail', DENIED, { denies: (error) => sns.on(ListSubscriptionsByTopicCommand).rejects(error) }],
    ['alarms', DENIED, { denies: (error) => cloudWatch.on(DescribeAlarmsCommand).rejects(error) }],
    ['last run', DENIED, { denies: (error) => cloudWatch.on(GetMetricDataCommand).rejects(error) }],
  ])('%s: %s', async (check, words, changes) => {
    deployed(changes);
    const { exitCode, checks, words: wordsOf } = await diagnose();
    expect(wordsOf(check)).toMatch(words);
    const failed = checks.filter(({ state }) => state === 'not_ok').map((each) => each.check);
    expect(failed).toEqual(words.source.startsWith('^✗') ? [check] : []);
    expect(exitCode).toBe(failed.length);
    expect(JSON.stringify(checks)).not.toContain('Internal error');
  });

  it.each<[check: string, words: RegExp, change: () => unknown]>([
    ['webhook', /^✗ The webhook does not answer.*npm run deploy/, unanswered],
    ['webhook', /^✗ .*restore-secret --secret-id/, () => session.secretsManager.secrets.delete(KEY_SECRET)],
    ['key', /^✗ .*secretsmanager:DescribeSecret/, denyDescribeSecret],
    ['webhook', /^✓ .*No key opens every session/, () => putKeys(keysDocument([OF_ATTIC]))],
    ['stack', /^✓ The stack blink-logout is/, () => lambda.on(GetFunctionCommand).resolves({})],
    ['sessions', /^✗ 6 of 7 sessions need you.*c5: (?!.*c6:)/, () => storeInvalid(6)],
    ['sessions', /^✗ 1 of 2 sessions needs you.*attic: .*list --failed/, () => session.store('{}', 'attic')],
    ['last run', /^✓/, () => deployed({ ...disabled, ...ZONED, lastRunDaysAgo: 9 })],
  ])('%s: %s', async (check, words, change) => {
    await change();
    expect((await diagnose()).words(check)).toMatch(words);
  });

  it('calls the webhook in the domain of China’s partition', async () => {
    domain = 'cn-north-1.amazonaws.com.cn';
    expect((await diagnose('cn-north-1')).words('webhook')).toMatch(/^✓ .*accepts the key/);
  });

  it('shows the next time in the time zone of this machine', async () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    vi.setSystemTime('2026-10-24T12:00:00Z');
    const { words } = await diagnose();
    expect(words('schedule')).toBe(
      '✓ The schedule is cron(0 3 * * ? *). Next: Sun Oct 25 2026 04:00:00 GMT+0100 (Central European Standard Time).',
    );
  });

  it('reports that the sessions or the key may not be read', async () => {
    const message = 'not authorized to perform: secretsmanager:GetSecretValue on resource: it';
    const denied = refuse('AccessDeniedException', message);
    session.secretsManager.faults.before('GetSecretValue', denied, { times: 6 });
    const { words } = await diagnose();
    expect(words('sessions')).toMatch(/default: unreadable: .*AccessDeniedException/);
    expect(words('webhook')).toContain('secretsmanager:GetSecretValue');
  });

  it('examines a construct in another stack, and nothing else that is in it', async () => {
    deployed({ stack: 'home', path: 'Garden' });
    const { exitCode, checks } = await diagnose();
    expect(checks[0]?.message).toBe('The stack home is deployed (UPDATE_COMPLETE).');
    expect(exitCode).toBe(0);
    const [described] = cloudFormation.commandCalls(DescribeStacksCommand);
    expect(described?.args[0].input.StackName).toBe('home');
    const [rule] = events.commandCalls(DescribeRuleCommand);
    expect(rule?.args[0].input.Name).toBe('blink-logout-Rule');
  });

  it('reports that there is no such stack, and still checks the sessions', async () => {
    const message = 'Function not found: arn:aws:lambda:eu-central-1:1:function:blink-logout';
    lambda.on(GetFunctionCommand).rejects(awsError('ResourceNotFoundException', message));
    const { checks, words } = await diagnose();
    expect(words('stack')).toMatch(
      /^✗ AWS says: Function not found: .* Is the stack deployed.*npm run deploy Or select/,
    );
    expect(words('sessions')).toMatch(/^✓/);
    expect(checks).toHaveLength(2);
  });

  it('does not let the webhook check a session that cannot be used, which could ring an alarm', async () => {
    const { secrets } = session.secretsManager;
    secrets.find('blink-logout/default').put('0'.repeat(32), '{}', ['AWSCURRENT']);
    deployed({ caller: 400 });
    const { words } = await diagnose();
    expect(words('function')).toMatch(/^–/);
    expect(words('webhook')).toMatch(/^✓ .*accepts the key/);
    expect(new Set(bodies)).toEqual(new Set(['{"action":"check","session":""}']));
  });
});
