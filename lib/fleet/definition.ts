import { sessionStates } from './session-states.ts';

export interface FleetDefinitionProps {
  /** The AWS partition, such as `aws`. */
  readonly partition: string;
  readonly functionArn: string;
  readonly topicArn: string;
  /** The prefix of the names of the sessions' secrets. */
  readonly secretPrefix: string;
  readonly metricsNamespace: string;
  readonly maxConcurrency: number;
  /** The subject of the digest's e-mail. */
  readonly subject: string;
}

/**
 * A task's result must stay below 256 KiB (AWS Step Functions Developer Guide, "Service quotas"). A secret's entry has its
 * description, tags and labelled versions, so a page of 50 leaves 5 KiB for each.
 */
export const SESSIONS_PER_PAGE = 50;

/** The same quota limits the names in the input, and their results if all of them fail. */
export const MAX_NAMED_SESSIONS = 500;

/** The digest names this many, so that it fits into a message of Amazon SNS (256 KB) and into an execution's cause (32 KiB). */
export const MAX_REPORTED_FAILURES = 50;

/** Step Functions ends an execution that takes longer. */
export const FLEET_TIMEOUT_SECONDS = 24 * 60 * 60;

/** The metrics that an execution sends at its end, over all of its sessions. */
export const FLEET_METRICS = ['SessionsTried', 'SessionsFailed', 'SessionsLeftOver'] as const;

const ACCEPTED_INPUT = `Accepted is {"sessions": "all"} or {"sessions": [1 to ${MAX_NAMED_SESSIONS} names]}. "action" may be "logout" or "check". No other field is accepted.`;

/** For tasks that only read or report. They may be retried after any failure, because they spend no token. */
const RETRY_ANY_FAILURE = [
  {
    ErrorEquals: ['States.TaskFailed', 'States.Timeout'],
    IntervalSeconds: 2,
    BackoffRate: 2,
    MaxAttempts: 5,
    JitterStrategy: 'FULL',
  },
];

/** The failures so far. The first entry is a heading, so that no path below is without a value. */
const REPORTED = `$.told[0:${MAX_REPORTED_FAILURES + 1}]`;
const REPORTED_WITH_NEW = '$.with.new[*][*][*]';
/** States Language has no subtraction. The range from one length to the other has one number more than their difference. */
const NEW_FAILURES = `States.MathAdd(States.ArrayLength(States.ArrayRange(States.ArrayLength(${REPORTED}), States.ArrayLength(${REPORTED_WITH_NEW}), 1)), -1)`;

/** The part after the last slash: `garden` for `blink-logout/garden`, and for `garden`. */
const ITEM_PARTS = "States.StringSplit($$.Map.Item.Value, '/')";
const SESSION_OF_ITEM = `States.ArrayGetItem(${ITEM_PARTS}, States.MathAdd(States.ArrayLength(${ITEM_PARTS}), -1))`;

/**
 * The state machine in Amazon States Language (JSONPath). It lists the sessions page by page, calls the function for each,
 * and reports once, at its end, the sessions that were not logged out.
 *
 * An execution's history holds 25,000 events (AWS Step Functions Developer Guide, "Service quotas"). A session's events are
 * in the history of its own child execution; a page takes about 20 of the parent's.
 */
export function fleetDefinition(props: FleetDefinitionProps) {
  const { partition, functionArn, topicArn, secretPrefix, metricsNamespace, maxConcurrency, subject } = props;
  const service = (name: string) => `arn:${partition}:states:::${name}`;
  const listSessions = (nextToken: Readonly<Record<string, string>>) => ({
    Type: 'Task',
    Resource: service('aws-sdk:secretsmanager:listSecrets'),
    Parameters: {
      Filters: [{ Key: 'name', Values: [secretPrefix] }],
      MaxResults: SESSIONS_PER_PAGE,
      ...nextToken,
    },
    ResultPath: '$.page',
    TimeoutSeconds: 60,
    Retry: RETRY_ANY_FAILURE,
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.stopped', Next: 'Give up the rest' }],
    Next: 'Has the page sessions?',
  });
  return {
    Comment: 'Logs out many sessions, one invocation of the function for each',
    TimeoutSeconds: FLEET_TIMEOUT_SECONDS,
    StartAt: 'Read the input',
    States: {
      'Read the input': {
        Type: 'Pass',
        Parameters: { defaults: { action: 'logout' }, 'given.$': '$' },
        Next: 'Fill in the defaults',
      },
      'Fill in the defaults': {
        Type: 'Pass',
        Parameters: { 'input.$': 'States.JsonMerge($.defaults, $.given, false)' },
        Next: 'Begin',
      },
      Begin: {
        Type: 'Pass',
        Parameters: {
          'input.$': '$.input',
          'fields.$': 'States.ArrayLength($.input.*)',
          page: {},
          names: [],
          told: ['session: code'],
          tried: 0,
          failed: 0,
          leftOver: { sessions: 0, text: '' },
        },
        Next: 'Which sessions?',
      },
      'Which sessions?': {
        Type: 'Choice',
        Choices: [
          {
            And: [
              ...isAccepted,
              { Variable: '$.input.sessions', IsString: true },
              { Variable: '$.input.sessions', StringEquals: 'all' },
            ],
            Next: 'List the sessions',
          },
          {
            And: [
              ...isAccepted,
              { Not: { Variable: '$.input.sessions', IsString: true } },
              { Variable: '$.input.sessions[0]', IsPresent: true },
              { Not: { Variable: `$.input.sessions[${MAX_NAMED_SESSIONS}]`, IsPresent: true } },
            ],
            Next: 'Take the named sessions',
          },
        ],
        Default: 'Refuse the input',
      },
      'Refuse the input': { Type: 'Fail', Error: 'request_invalid', Cause: ACCEPTED_INPUT },
      'Take the named sessions': {
        Type: 'Pass',
        InputPath: '$.input.sessions',
        ResultPath: '$.names',
        Next: 'Log out each session',
      },

      'List the sessions': listSessions({}),
      'List the next sessions': listSessions({ 'NextToken.$': '$.page.NextToken' }),
      'Has the page sessions?': {
        Type: 'Choice',
        Choices: [{ Variable: '$.page.SecretList[0]', IsPresent: true, Next: 'Take the listed sessions' }],
        Default: 'Is there another page?',
      },
      'Take the listed sessions': {
        Type: 'Pass',
        InputPath: '$.page.SecretList[*].Name',
        ResultPath: '$.names',
        Next: 'Log out each session',
      },

      'Log out each session': {
        Type: 'Map',
        Label: 'sessions',
        ItemsPath: '$.names',
        MaxConcurrency: maxConcurrency,
        ItemSelector: {
          'session.$': SESSION_OF_ITEM,
          'action.$': '$.input.action',
          'delaySeconds.$': 'States.MathRandom(0, 3)',
        },
        // No failure is tolerated here: the failures of a session are caught inside, and any other stops the map.
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          ...sessionStates({ resource: service('lambda:invoke'), functionArn }),
        },
        ResultPath: '$.results',
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.stopped', Next: 'Give up the rest' }],
        Next: 'Collect the failures',
      },
      // A session's result is a list: empty, or with its failure.
      'Collect the failures': {
        Type: 'Pass',
        Parameters: { 'new.$': `States.Array(States.Array(${REPORTED}), $.results)` },
        ResultPath: '$.with',
        Next: 'Count the failures',
      },
      'Count the failures': {
        Type: 'Pass',
        Parameters: {
          'input.$': '$.input',
          'page.$': '$.page',
          names: [],
          'told.$': REPORTED_WITH_NEW,
          'tried.$': 'States.MathAdd($.tried, States.ArrayLength($.results))',
          'failed.$': `States.MathAdd($.failed, ${NEW_FAILURES})`,
          'leftOver.$': '$.leftOver',
        },
        Next: 'Is there another page?',
      },
      'Is there another page?': {
        Type: 'Choice',
        Choices: [{ Variable: '$.page.NextToken', IsPresent: true, Next: 'List the next sessions' }],
        Default: 'Was every session logged out?',
      },
      'Give up the rest': {
        Type: 'Pass',
        Parameters: {
          'sessions.$': 'States.ArrayLength($.names)',
          'text.$':
            "States.Format(' The execution stopped early ({}): {} listed sessions, and all that were not listed yet, may not have been tried.', $.stopped.Error, States.ArrayLength($.names))",
        },
        ResultPath: '$.leftOver',
        Next: 'Write the digest',
      },

      'Was every session logged out?': {
        Type: 'Choice',
        Choices: [{ Variable: '$.failed', NumericGreaterThan: 0, Next: 'Write the digest' }],
        Default: 'Record the figures',
      },
      'Write the digest': {
        Type: 'Pass',
        Parameters: {
          'digest.$': `States.Format('{} of {} sessions were not logged out.{} docs/runbook.md has a section for each code. The first ${MAX_REPORTED_FAILURES}: {}', $.failed, $.tried, $.leftOver.text, States.JsonToString(${REPORTED}))`,
          'tried.$': '$.tried',
          'failed.$': '$.failed',
          'leftOver.$': '$.leftOver',
        },
        Next: 'Send the digest',
      },
      'Send the digest': {
        Type: 'Task',
        Resource: service('sns:publish'),
        Parameters: { TopicArn: topicArn, Subject: subject, 'Message.$': '$.digest' },
        ResultPath: null,
        TimeoutSeconds: 60,
        Retry: RETRY_ANY_FAILURE,
        // Without its figures, the execution raises the alarm `executions-failed`.
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.stopped', Next: 'Not all were logged out' }],
        Next: 'Record the figures',
      },
      'Record the figures': {
        Type: 'Task',
        Resource: service('aws-sdk:cloudwatch:putMetricData'),
        Parameters: {
          Namespace: metricsNamespace,
          MetricData: [
            figure(FLEET_METRICS[0], '$.tried'),
            figure(FLEET_METRICS[1], '$.failed'),
            figure(FLEET_METRICS[2], '$.leftOver.sessions'),
          ],
        },
        ResultPath: null,
        TimeoutSeconds: 60,
        Retry: RETRY_ANY_FAILURE,
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.stopped', Next: 'How does it end?' }],
        Next: 'How does it end?',
      },
      'How does it end?': {
        Type: 'Choice',
        Choices: [{ Variable: '$.digest', IsPresent: true, Next: 'Not all were logged out' }],
        Default: 'All were logged out',
      },
      'Not all were logged out': {
        Type: 'Fail',
        Error: 'sessions_not_logged_out',
        CausePath: '$.digest',
      },
      'All were logged out': { Type: 'Succeed' },
    },
  };
}

/** `input` has the two fields, and `action` is known. */
const isAccepted = [
  { Variable: '$.fields', NumericEquals: 2 },
  { Variable: '$.input.sessions', IsPresent: true },
  {
    Or: [
      { Variable: '$.input.action', StringEquals: 'logout' },
      { Variable: '$.input.action', StringEquals: 'check' },
    ],
  },
];

function figure(name: string, path: string) {
  return { MetricName: name, 'Value.$': path, Unit: 'Count' };
}
