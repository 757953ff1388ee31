import { Ajv } from 'ajv';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { Failure } from '../../../lambda/core/failure.ts';
import { FAILURES, type FailureCode } from '../../../lambda/core/failure-codes.ts';
import { countOf, METRICS } from '../../../lambda/logout/metrics.ts';
import { RunReport } from '../../../lambda/logout/report.ts';
import { runEventLine } from '../../../lambda/logout/run-event.ts';
import embeddedMetricFormat from './embedded-metric-format.schema.json' with { type: 'json' };

const CODES = Object.keys(FAILURES) as FailureCode[];
const isEmbeddedMetricFormat = new Ajv().compile(embeddedMetricFormat);

const lineSchema = v.looseObject({
  _aws: v.object({
    CloudWatchMetrics: v.tupleWithRest(
      [
        v.object({
          Dimensions: v.array(v.array(v.string())),
          Metrics: v.array(v.object({ Name: v.string() })),
        }),
      ],
      v.unknown(),
    ),
  }),
});

function eventOf(work: (report: RunReport) => void, sessionMetrics = true) {
  const report = new RunReport(() => 0);
  work(report);
  const { fields, metrics } = report;
  const line = runEventLine({
    requestId: 'r-1',
    timestampMs: 1767225600000,
    coldStart: true,
    metricsNamespace: 'blink-logout',
    fields,
    metrics,
    sessionMetrics,
  });
  expect(line).not.toContain('\n');
  const parsed: unknown = JSON.parse(line);
  expect(isEmbeddedMetricFormat(parsed), JSON.stringify(isEmbeddedMetricFormat.errors)).toBe(true);
  const event = v.parse(lineSchema, parsed);
  const [directive, byTrigger] = event._aws.CloudWatchMetrics;
  for (const { Name } of directive.Metrics) expect(event[Name], Name).toEqual(expect.any(Number));
  for (const key of directive.Dimensions.flat()) expect(event[key], key).toEqual(expect.any(String));
  return {
    event,
    names: directive.Metrics.map(({ Name }) => Name),
    dimensions: directive.Dimensions,
    byTrigger,
  };
}

test('a run’s event is one line that CloudWatch reads as metrics, over all sessions and for the session', () => {
  const { event, names, dimensions } = eventOf((report) => {
    report.note({ trigger: 'webhook', action: 'logout', session: 'garage', sessionExists: true });
    report.succeeded({
      outcome: 'logged_out',
      session: 'garage',
      accountId: 1,
      clientId: '2',
      message: 'logout',
    });
  });
  expect(event).toMatchObject({
    timestamp: '2026-01-01T00:00:00.000Z',
    level: 'INFO',
    message: 'logged_out',
    requestId: 'r-1',
    session: 'garage',
    coldStart: true,
    LoggedOut: 1,
  });
  expect(names).toEqual(['LoggedOut', 'Succeeded', 'DurationMs']);
  expect(dimensions).toEqual([[], ['session']]);
});

test('without metrics by session, the session is in the event and no dimension', () => {
  const { event, dimensions } = eventOf(
    (report) => report.note({ session: 'garage', sessionExists: true }),
    false,
  );
  expect(event).toMatchObject({ session: 'garage' });
  expect(dimensions).toEqual([[]]);
});

test('a failure is counted by its trigger, too, so that alarms can leave out what the caller reads', () => {
  const { event, byTrigger } = eventOf((report) => {
    report.note({ trigger: 'direct' });
    report.failed(new Failure('reauthentication_required', 'no'));
  });
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

test('a success is not', () => {
  const { byTrigger } = eventOf((report) => {
    report.note({ trigger: 'direct' });
    report.succeeded({ outcome: 'already_logged_out', session: 'garage' });
  });
  expect(byTrigger).toBeUndefined();
});

test.each([
  ['logged_out', ['LoggedOut', 'Succeeded', 'DurationMs']],
  ['already_logged_out', ['AlreadyLoggedOut', 'DurationMs']],
  ['nothing_to_log_out', ['NothingToLogOut', 'DurationMs']],
] as const)('%s is counted apart', (outcome, expected) => {
  const more = { session: 'garage', accountId: 1, clientId: '2', message: 'logout', since: '' };
  expect(eventOf((report) => report.succeeded({ outcome, ...more })).names).toEqual(expected);
});

test('a check counts into no figure of logouts, whatever it finds', () => {
  const { names, event } = eventOf((report) => {
    report.note({ trigger: 'schedule', action: 'check' });
    report.checked({ outcome: 'needs_sign_in', session: 'garage' });
    report.failed(new Failure('session_invalid', 'no'));
  });
  expect(names).toEqual(['DurationMs']);
  expect(event['outcome']).toBe('needs_sign_in');
});

test('a run that never saw a session has no session among its dimensions', () => {
  const { dimensions } = eventOf((report) => report.failed(new Failure('unauthenticated', 'no')));
  expect(dimensions).toEqual([[]]);
});

test('every failure code has its metric, and only loud ones are errors', () => {
  for (const code of CODES) {
    const { event, names } = eventOf((report) => report.failed(new Failure(code, 'no')));
    expect(names).toContain(countOf(code));
    expect(names).toContain('Failed');
    expect(event['code']).toBe(code);
    const loud = ['save_failed', 'reauthentication_required', 'internal_error'].includes(code);
    expect(event['level']).toBe(loud ? 'ERROR' : 'WARN');
  }
});

/** All failures after which a run of this trigger counts as failed for good. */
function failedForGood(trigger: 'webhook' | 'schedule' | 'fleet' | 'direct') {
  return CODES.filter((code) => {
    const { names } = eventOf((report) => {
      report.note({ trigger });
      report.failed(new Failure(code, 'no'));
    });
    return names.includes('FailedForGood');
  });
}

test('a webhook run has failed for good if the caller cannot fix it', () => {
  expect(failedForGood('webhook')).toEqual(['session_invalid', 'internal_error', 'blink_rejected']);
});

test('a direct run never has: its caller reads the reply', () => {
  expect(failedForGood('direct')).toEqual([]);
  expect(failedForGood('fleet')).toEqual([]);
});

test('a scheduled run has failed for good if it is not retried and has no other alarm', () => {
  const others = new Set<string>([
    ...['save_failed', 'reauthentication_required'],
    ...['session_busy', 'secrets_unavailable', 'blink_unavailable', 'blink_timeout'],
  ]);
  expect(failedForGood('schedule')).toEqual(CODES.filter((code) => !others.has(code)));
});

test('a scheduled run that is retried this time has not failed for good', () => {
  const { names } = eventOf((report) => {
    report.note({ trigger: 'schedule' });
    report.failed(new Failure('rate_limited', 'no', { retryable: true }));
  });
  expect(names).not.toContain('FailedForGood');
});

test('a failure is logged with its details and its cause, without external messages', () => {
  const cause = Object.assign(new Error('canary-message'), { code: 'ECONNRESET' });
  const details = { blinkStatus: 503, retryAfterSeconds: 7, cause };
  const { event } = eventOf((report) =>
    report.failed(new Failure('blink_unavailable', 'no answer', details)),
  );
  expect(event).toMatchObject({ blinkStatus: 503, causeCode: 'ECONNRESET', retryable: true });
  expect(JSON.stringify(event)).not.toContain('canary');
});

test('a failure that is caused by another is logged with the AWS error of the first', () => {
  const cause = new Failure('secrets_unavailable', 'no', { awsError: 'AccessDeniedException' });
  const { event } = eventOf((report) => report.failed(new Failure('save_failed', 'not stored', { cause })));
  expect(event).toMatchObject({ code: 'save_failed', awsError: 'AccessDeniedException' });
});

test('a failure that is caused by another is logged with the code and the name of the error below both', () => {
  const unreachable = Object.assign(new Error('canary'), { name: 'TimeoutError', code: 'ENOTFOUND' });
  const cause = new Failure('secrets_unavailable', 'no', { awsError: 'TimeoutError', cause: unreachable });
  const keyUnread = new Failure('secrets_unavailable', 'the key could not be read', { cause });
  const { event } = eventOf((report) => report.failed(keyUnread));
  expect(event).toMatchObject({ awsError: 'TimeoutError', causeCode: 'ENOTFOUND' });
  expect(JSON.stringify(event)).not.toContain('canary');
});

test('an unexpected error is logged with its place, without its message', () => {
  const { event } = eventOf((report) => {
    report.failed(
      new Failure('internal_error', 'constant', {
        cause: new TypeError('canary\n    at canary (canary.js:1:1)'),
      }),
    );
  });
  expect(event['causeCode']).toBe('TypeError');
  expect(JSON.stringify(event['stackFrames'])).toContain('run-event.test.ts');
  expect(JSON.stringify(event)).not.toContain('canary');
});

test('each step’s duration is a metric in whole milliseconds; a repeated step’s durations are added', async () => {
  let nowMs = 0;
  const report = new RunReport(() => nowMs);
  const step = async () => {
    nowMs += 30.2;
  };
  await report.time('lookUp', step);
  await report.time('lookUp', step);
  await report.time('logOut', step);
  expect(report.durationsMs).toEqual({ lookUp: 60, logOut: 30, total: 91 });
  expect(report.metrics).toEqual({ LookUpMs: 60, LogOutMs: 30, DurationMs: 91 });
  for (const name of Object.keys(report.metrics)) expect(METRICS.has(name), name).toBe(true);
});
