import { CLAIM_LIFE_SECONDS, FUNCTION_TIMEOUT_SECONDS } from '../../lambda/environment.ts';
import { FAILURES, type FailureCode } from '../../lambda/failure-codes.ts';

const BUSY: FailureCode = 'session_busy';

export const RETRYABLE_CODES = Object.entries(FAILURES).flatMap(([code, { retryable }]) =>
  retryable ? [code] : [],
);

/**
 * What is tried again, by the name of the error, which is our code. A definite no is not, and neither is an error of Lambda
 * after which the function may have run (`Lambda.ServiceException` and its like).
 */
const RETRY = [
  {
    // The claim of a run that died can be taken over once its life is over. Jitter could ask before that.
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
    // Lambda refused before the function ran: new accounts run ten at once.
    ErrorEquals: ['Lambda.TooManyRequestsException'],
    IntervalSeconds: 5,
    BackoffRate: 2,
    MaxDelaySeconds: 120,
    MaxAttempts: 8,
    JitterStrategy: 'FULL',
  },
];

/** The states of one session. The result is `[]`, or `["<session>: <code>"]` where it was not logged out. */
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
        // Synchronous: Lambda itself repeats nothing.
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
