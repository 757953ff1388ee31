import validate from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { FAILURES } from '../../../lambda/core/failure-codes.ts';
import {
  MAX_NAMED_SESSIONS,
  MAX_REPORTED_FAILURES,
  SESSIONS_PER_PAGE,
} from '../../../lib/fleet/definition.ts';
import { RETRYABLE_CODES } from '../../../lib/fleet/session-states.ts';
import { DEFINITION, night } from './fleet-under-test.ts';

const secretsOf = (count: number) => Array.from({ length: count }, (_, n) => `blink-logout/s${n}`);

it('the definition is valid Amazon States Language, its paths and ARNs included', () => {
  const { isValid, errorsText } = validate(structuredClone(DEFINITION), { checkPaths: true, checkArn: true });
  expect(errorsText('\n')).toBe('');
  expect(isValid).toBe(true);
});

describe('all sessions', () => {
  it('are listed by the prefix of their secrets, page by page, and each is logged out once', async () => {
    const { execution, listed, calls, digests, figures } = await night(
      { sessions: 'all' },
      { secrets: secretsOf(2 * SESSIONS_PER_PAGE + 1) },
    );
    const request = { Filters: [{ Key: 'name', Values: ['blink-logout/'] }], MaxResults: SESSIONS_PER_PAGE };
    expect(listed).toEqual([
      request,
      { ...request, NextToken: String(SESSIONS_PER_PAGE) },
      { ...request, NextToken: String(2 * SESSIONS_PER_PAGE) },
    ]);
    expect([...calls].sort()).toEqual(
      secretsOf(calls.length)
        .map((name) => name.replace('blink-logout/', 'logout '))
        .sort(),
    );
    expect(execution.status).toBe('SUCCEEDED');
    expect(digests).toEqual([]);
    expect(figures).toEqual({ SessionsTried: 101, SessionsFailed: 0, SessionsLeftOver: 0 });
  });

  it('may be none', async () => {
    const { execution, calls, digests } = await night({ sessions: 'all' });
    expect([execution.status, calls, digests]).toEqual(['SUCCEEDED', [], []]);
  });

  it('can be checked in place of logged out', async () => {
    const { calls } = await night({ sessions: 'all', action: 'check' }, { secrets: secretsOf(1) });
    expect(calls).toEqual(['check s0']);
  });
});

describe('named sessions', () => {
  it('are logged out without a list of the others', async () => {
    const { execution, listed, calls } = await night(
      { sessions: ['garden', 'garage'] },
      { secrets: secretsOf(3) },
    );
    expect(execution.status).toBe('SUCCEEDED');
    expect(listed).toEqual([]);
    expect([...calls].sort()).toEqual(['logout garage', 'logout garden']);
  });

  it('may be as many as fit into the results', async () => {
    const names = Array.from({ length: MAX_NAMED_SESSIONS }, (_, n) => `s${n}`);
    const { execution, figures } = await night({ sessions: names });
    expect(execution.status).toBe('SUCCEEDED');
    expect(figures['SessionsTried']).toBe(MAX_NAMED_SESSIONS);
    expect((await night({ sessions: [...names, 'more'] })).execution.status).toBe('FAILED');
  });
});

it.each([
  [{}],
  [{ sessions: [] }],
  [{ sessions: 'garden' }],
  [{ sessions: {} }],
  [{ sessions: 'all', action: 'chek' }],
  [{ sessions: 'all', acton: 'check' }],
])('the input %j is refused, and nothing is called', async (input) => {
  const { execution, calls, listed, digests } = await night(input, { secrets: secretsOf(1) });
  expect(execution).toEqual({
    status: 'FAILED',
    error: 'request_invalid',
    cause: expect.stringContaining('Accepted is {"sessions": "all"}'),
  });
  expect([calls, listed, digests]).toEqual([[], [], []]);
});

describe('a session that fails', () => {
  it('does not stop the others, is reported once by name and code, and ends the execution as failed', async () => {
    const { execution, calls, digests, figures } = await night(
      { sessions: 'all' },
      {
        secrets: secretsOf(120),
        failures: { s7: ['reauthentication_required'], s99: ['session_invalid'], s119: ['Sandbox.Timedout'] },
      },
    );
    expect(calls).toHaveLength(120);
    expect(digests).toEqual([
      {
        TopicArn: expect.stringContaining(':alarms'),
        Subject: 'blink-logout: sessions were not logged out',
        Message:
          '3 of 120 sessions were not logged out. docs/runbook.md has a section for each code. The first 50: ["session: code","s7: reauthentication_required","s99: session_invalid","s119: Sandbox.Timedout"]',
      },
    ]);
    expect(execution).toEqual({
      status: 'FAILED',
      error: 'sessions_not_logged_out',
      cause: digests[0]?.Message,
    });
    expect(figures).toEqual({ SessionsTried: 120, SessionsFailed: 3, SessionsLeftOver: 0 });
  });

  it('leaves room for the count if more than fifty fail', async () => {
    const secrets = secretsOf(3 * SESSIONS_PER_PAGE);
    const failures = Object.fromEntries(secrets.map((_, n) => [`s${n}`, ['blink_rejected']]));
    const { digests } = await night({ sessions: 'all' }, { secrets, failures });
    expect(digests[0]?.Message).toMatch(/^150 of 150 sessions were not logged out\./);
    expect(digests[0]?.Message.match(/: blink_rejected/g)).toHaveLength(MAX_REPORTED_FAILURES);
  });

  it.each(RETRYABLE_CODES)('by %s is tried again', async (code) => {
    const { execution, calls } = await night({ sessions: ['a'] }, { failures: { a: [code] } });
    expect(calls).toHaveLength(2);
    expect(execution.status).toBe('SUCCEEDED');
  });

  it('because Lambda has no room is tried again', async () => {
    const full = ['Lambda.TooManyRequestsException'];
    expect((await night({ sessions: ['a'] }, { failures: { a: full } })).calls).toHaveLength(2);
  });

  it.each([
    ...Object.keys(FAILURES).filter((code) => !RETRYABLE_CODES.some((other) => other === code)),
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.Unknown',
    'Sandbox.Timedout',
    'Runtime.ExitError',
    'States.Timeout',
  ])('by %s is not asked for again', async (code) => {
    const { execution, calls } = await night({ sessions: ['a'] }, { failures: { a: [code, code] } });
    expect(calls).toHaveLength(1);
    expect(execution).toMatchObject({ status: 'FAILED', cause: expect.stringContaining(`a: ${code}`) });
  });

  it('as busy is asked for again only after the life of a claim, which is 95 seconds', () => {
    const { Retry } = DEFINITION.States['Log out each session'].ItemProcessor.States['Log out'];
    expect(Retry[0]).toEqual({
      ErrorEquals: ['session_busy'],
      IntervalSeconds: 100,
      BackoffRate: 1,
      MaxAttempts: 2,
    });
  });

  it('by a fault that does not pass is reported after three more tries', async () => {
    const down = Array(9).fill('blink_unavailable');
    const { calls, digests } = await night({ sessions: ['a'] }, { failures: { a: down } });
    expect(calls).toHaveLength(4);
    expect(digests).toHaveLength(1);
  });
});

describe('an execution that cannot go on', () => {
  it('reports the failed list', async () => {
    const { execution, digests, calls } = await night(
      { sessions: 'all' },
      { broken: { 'aws-sdk:secretsmanager:listSecrets': 'SecretsManager.SecretsManagerException' } },
    );
    expect(calls).toEqual([]);
    expect(digests[0]?.Message).toContain(
      'The execution stopped early (SecretsManager.SecretsManagerException)',
    );
    expect(execution.status).toBe('FAILED');
  });

  it('sends no figures if the digest could not be sent, so that the alarm is raised', async () => {
    const { execution, figures } = await night(
      { sessions: ['a'] },
      { failures: { a: ['blink_rejected'] }, broken: { 'sns:publish': 'SNS.InternalErrorException' } },
    );
    expect(execution).toMatchObject({ status: 'FAILED', error: 'sessions_not_logged_out' });
    expect(figures).toEqual({});
  });

  it('ends with the same result if the figures could not be sent', async () => {
    const broken = { 'aws-sdk:cloudwatch:putMetricData': 'CloudWatch.CloudWatchException' };
    expect((await night({ sessions: ['a'] }, { broken })).execution.status).toBe('SUCCEEDED');
  });
});
