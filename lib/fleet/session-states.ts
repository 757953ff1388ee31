import { CLAIM_LIFE_SECONDS, FUNCTION_TIMEOUT_SECONDS } from '../../lambda/core/claim-life.ts';
import { FAILURES, type FailureCode } from '../../lambda/core/failure-codes.ts';

const BUSY: FailureCode = 'session_busy';

export const RETRYABLE_CODES = Object.entries(FAILURES).flatMap(([code, { retryable }]) =>
  retryable ? [code] : [],
);

/**
 * The errors that are retried. The name of the function's errors is the failure's code. A permanent failure is not retried,
 * nor is an error of Lambda after which the function may have run, such as `Lambda.ServiceException`.
 */
const RETRY = [
  {
    // The claim of a dead run can be taken over when its life has ended. With jitter, a retry could come before that.
    ErrorEquals: [BUSY],
    IntervalSeconds: CLAIM_LIFE_SECONDS + 5,
    BackoffRate: 1,
    MaxAttempts: 2,
  },
  {
    ErrorEquals: RETRYABLE_CODES.filter((code) => code !== BUSY),
    IntervalSeconds: 60,
    BackoffRate: 2,
    MaxAttempts: 3,
    JitterStrategy: 'FULL',
  },
  {
    // Lambda throttled the call before the function ran. New accounts run ten invocations at once.
    ErrorEquals: ['Lambda.TooManyRequestsException'],
    IntervalSeconds: 5,
    BackoffRate: 2,
    MaxDelaySeconds: 120,
    MaxAttempts: 8,
    JitterStrategy: 'FULL',
  },
];

/** The states of one session. The result is `[]`, or `["<session>: <code>"]` if the session was not logged out. */
export function sessionStates({
  resource,
  functionArn,
}: {
  readonly resource: string;
  readonly functionArn: string;
}) {
  return {
    StartAt: 'Spread the start',
    States: {
      'Spread the start': { Type: 'Wait', SecondsPath: '$.delaySeconds', Next: 'Log out' },
      'Log out': {
        Type: 'Task',
        Resource: resource,
        // The invocation is synchronous, so Lambda does not retry it.
        Parameters: {
          FunctionName: functionArn,
          Payload: { 'session.$': '$.session', 'action.$': '$.action' },
        },
        ResultSelector: { failures: [] },
        OutputPath: '$.failures',
        TimeoutSeconds: FUNCTION_TIMEOUT_SECONDS + 30,
        Retry: RETRY,
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Tell the failure' }],
        End: true,
      },
      'Tell the failure': {
        Type: 'Pass',
        Parameters: {
          'failures.$': "States.Array(States.Format('{}: {}', $.session, $.failure.Error))",
        },
        OutputPath: '$.failures',
        End: true,
      },
    },
  };
}
