import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import { Failure } from '../../../lambda/core/failure.ts';
import { FAILURES, type FailureCode } from '../../../lambda/core/failure-codes.ts';
import { metricName } from '../../../lambda/core/metric-name.ts';
import { RunReport } from '../../../lambda/logout/report.ts';
import { type RunFields, runEventLine } from '../../../lambda/logout/run-event.ts';
import { embeddedMetricFormat } from './embedded-metric-format.ts';

const CODES = Object.keys(FAILURES) as FailureCode[];
const LOGGED_OUT = { session: 'garage', accountId: 1, clientId: '2', message: 'logout', since: '' };

function eventOf(note: RunFields, work: (report: RunReport) => void = () => {}, sessionMetrics = true) {
  const report = new RunReport();
  report.note(note);
  work(report);
  const line = runEventLine(report.fields, report.figures, {
    metricsNamespace: 'blink-logout',
    sessionMetrics,
  });
  expect(line).not.toContain('canary');
  const event = v.parse(embeddedMetricFormat, line);
  const [directive, byTrigger] = event._aws.CloudWatchMetrics;
  const names = directive.Metrics.map(({ Name }) => Name);
  return { event, names, dimensions: directive.Dimensions, byTrigger };
}

const failureEvent = (trigger: RunFields['trigger'], ...failure: ConstructorParameters<typeof Failure>) =>
  eventOf(trigger === undefined ? {} : { trigger }, (report) => report.failed(new Failure(...failure)));

test.each([
  ['logged_out', ['LoggedOut', 'DurationMs']],
  ['already_logged_out', ['AlreadyLoggedOut', 'DurationMs']],
  ['nothing_to_log_out', ['NothingToLogOut', 'DurationMs']],
] as const)('the event of %s is one line that CloudWatch reads as metrics', (outcome, expected) => {
  const note = { trigger: 'direct', action: 'logout', session: 'garage', sessionExists: true } as const;
  const { event, ...metrics } = eventOf(note, (report) => {
    report.count('Takeovers'); // for Logs Insights
    report.ended({ outcome, ...LOGGED_OUT });
  });
  expect(event).toMatchObject({
    timestamp: expect.stringMatching(/^2\d{3}-.*Z$/),
    level: 'INFO',
    message: outcome,
    session: 'garage',
  });
  expect(metrics).toEqual({ names: expected, dimensions: [[], ['session']] });
});

test.each<[what: string, note: RunFields, sessionMetrics: boolean]>([
  ['metrics by session are not asked for', { session: 'garage', sessionExists: true }, false],
  ['the session does not exist', { session: 'garage' }, true],
  ['no session was asked for', {}, true],
])('the session is no dimension if %s', (_, note, sessionMetrics) => {
  expect(eventOf(note, undefined, sessionMetrics).dimensions).toEqual([[]]);
});

test('a failure is counted by its trigger, too, so that alarms can leave out what the caller reads', () => {
  const { event, byTrigger } = failureEvent('direct', 'reauthentication_required', 'no');
  expect(event).toMatchObject({ trigger: 'direct', Failed: 1, ReauthenticationRequired: 1 });
  expect(byTrigger).toEqual({
    Namespace: 'blink-logout',
    Dimensions: [['trigger']],
    Metrics: [
      { Name: 'Failed', Unit: 'Count' },
      { Name: 'ReauthenticationRequired', Unit: 'Count' },
    ],
  });
});

test('a check counts into no figure of logouts, whatever it finds', () => {
  const { names, event } = eventOf({ trigger: 'webhook', action: 'check' }, (report) => {
    report.ended({ condition: 'needs_sign_in', why: 'refused_by_blink', session: 'garage' });
  });
  expect(names).toEqual(['DurationMs']);
  expect(event['condition']).toBe('needs_sign_in');
});

test('a check that fails is a failed run of its trigger, and nothing else: the alarm of errors leaves it out', () => {
  const { names, byTrigger } = eventOf({ trigger: 'direct', action: 'check' }, (report) => {
    report.failed(new Failure('session_invalid', 'no'));
  });
  expect(names).toEqual(['Failed', 'DurationMs']);
  expect(byTrigger).toMatchObject({ Dimensions: [['trigger']], Metrics: [{ Name: 'Failed' }] });
});

test.each(CODES)('%s has its metric, and its level', (code) => {
  const { event, names } = failureEvent(undefined, code, 'no');
  expect(names).toEqual(expect.arrayContaining([metricName(code), 'Failed']));
  const isLoud = ['save_failed', 'reauthentication_required', 'internal_error'].includes(code);
  expect(event).toMatchObject({ code, level: isLoud ? 'ERROR' : 'WARN' });
});

const NOT_OF_SCHEDULES = [
  // They have alarms of their own.
  ...['save_failed', 'reauthentication_required'],
  // Lambda tries again.
  ...['session_busy', 'secrets_unavailable', 'blink_unavailable', 'blink_timeout'],
];

test.each<[NonNullable<RunFields['trigger']>, string[]]>([
  ['webhook', ['session_invalid', 'internal_error', 'blink_rejected']],
  ['schedule', CODES.filter((code) => !NOT_OF_SCHEDULES.includes(code))],
  // Their callers read the reply.
  ['fleet', []],
  ['direct', []],
])('a run by %s has failed for good if nobody else learns of it', (trigger, expected) => {
  const failedForGood = CODES.filter((code) =>
    failureEvent(trigger, code, 'no').names.includes('FailedForGood'),
  );
  expect(failedForGood).toEqual(expected);
});

test('a scheduled run that is retried this time has not failed for good', () => {
  const { names } = failureEvent('schedule', 'rate_limited', 'no', { retryable: true });
  expect(names).not.toContain('FailedForGood');
});

const systemError = Object.assign(new Error('canary'), { name: 'TimeoutError', code: 'ENOTFOUND' });
// As Node names an alert of OpenSSL.
const ALERT = 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE';
const alert = Object.assign(new Error('canary'), { code: ALERT });
const bug = new TypeError('canary\n    at canary (canary.js:1:1)');
const own = (details: object) => new Failure('secrets_unavailable', 'no', details);
const denied = own({ awsError: 'AccessDeniedException' });
const unreachable = own({ awsError: 'TimeoutError', cause: systemError });
const stackFrames = expect.arrayContaining([expect.stringContaining('run-event.test.ts')]);

test.each<[what: string, code: FailureCode, details: object, event: object]>([
  ['its details', 'blink_unavailable', { blinkStatus: 503, retryAfterSeconds: 7 }, { blinkStatus: 503 }],
  ['its cause', 'blink_unavailable', { cause: systemError }, { causeCode: 'ENOTFOUND', retryable: true }],
  ['an error code of TLS', 'blink_unavailable', { cause: alert }, { causeCode: ALERT }],
  ['the AWS error of its cause', 'save_failed', { cause: denied }, { awsError: 'AccessDeniedException' }],
  ['the error below both', 'save_failed', { cause: unreachable }, { causeCode: 'ENOTFOUND' }],
  ['its place', 'internal_error', { cause: bug }, { causeCode: 'TypeError', stackFrames }],
])('a failure is logged with %s, and without external messages', (_, code, details, expected) => {
  const { event } = failureEvent(undefined, code, 'no', details);
  expect(event).toMatchObject({ code, ...expected });
  expect(event).not.toHaveProperty('retryAfterSeconds');
});

test('each step’s duration is a figure in whole milliseconds; a repeated step’s durations are added', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const report = new RunReport();
  const step = async () => {
    vi.advanceTimersByTime(30.2);
  };
  await report.time('lookUp', step);
  await report.time('lookUp', step);
  await report.time('logOut', step);
  expect(report.durationsMs).toEqual({ lookUp: 60, logOut: 30, total: 91 });
  expect(report.figures).toEqual({ LookUpMs: 60, LogOutMs: 30, DurationMs: 91 });
});
