import type { FailureDetails } from '../core/failure.ts';
import { FAILURES, type FailureCode } from '../core/failure-codes.ts';
import { metricName } from '../core/metric-name.ts';
import type { CheckResult, LogoutOutcome } from '../core/outcome.ts';
import { METRICS, SESSION_DIMENSION, TRIGGER_DIMENSION } from './metrics.ts';
import type { Trigger } from './trigger.ts';
import type { CallerProof } from './webhook/webhook-request.ts';

/**
 * The fields of a run's event beside its figures. Each holds one of our own words, a number, a validated name or a version
 * id: none can hold a token, key, password, e-mail address or external text.
 */
export interface RunFields extends Omit<FailureDetails, 'retryAfterSeconds'> {
  readonly requestId?: string;
  readonly coldStart?: boolean;
  readonly trigger?: Trigger['kind'];
  readonly action?: 'logout' | 'check';
  /** As it was asked for. */
  readonly session?: string;
  /** Another client of the account, by its numeric id. */
  readonly clientId?: string;
  /** The name of the key, or the ARN of the IAM principal. Absent for a stranger. */
  readonly caller?: string;
  readonly proof?: CallerProof;
  /** API Gateway's, as in the access log. */
  readonly gatewayRequestId?: string | undefined;
  /** Whether the secret exists. Only then are there metrics for it: each value of a dimension costs. */
  readonly sessionExists?: boolean;
  readonly outcome?: LogoutOutcome['outcome'];
  /** What a check found. */
  readonly condition?: CheckResult['condition'];
  readonly code?: FailureCode;
  /** The cause's system error code, such as `ECONNRESET`. */
  readonly causeCode?: string;
  /** Where an unexpected error arose, without its message. */
  readonly stackFrames?: readonly string[];
  /** The version id that was current, and the one that the run saved. */
  readonly currentVersionId?: string;
  readonly savedVersion?: string;
  /** The run took over the claim of a run that did not report its end. */
  readonly takeover?: boolean;
  /** How many times the refresh was sent. */
  readonly refreshTries?: number;
  readonly markedLoggedOut?: boolean;
}

/** Where the metrics of runs go. */
export interface MetricsTarget {
  /** The stack's name: alarms of one stack do not count the runs of another. */
  readonly metricsNamespace: string;
  /** Whether metrics are also sent for the session. */
  readonly sessionMetrics: boolean;
}

/** Metrics that a failed run also sends for its trigger. Alarms leave out the runs whose caller reads the reply. */
const FAILURES_BY_TRIGGER: readonly string[] = ['Failed', metricName('reauthentication_required')];

/**
 * The event as one log line. CloudWatch extracts its metrics from it, in total and for the session (Amazon CloudWatch
 * User Guide, "Specification: Embedded metric format"). Lambda's JSON logging reads `timestamp` and `level`.
 */
export function runEventLine(
  fields: RunFields,
  figures: Readonly<Record<string, number>>,
  { metricsNamespace, sessionMetrics }: MetricsTarget,
): string {
  const nowMs = Date.now();
  const directive = (Dimensions: readonly string[][], names: readonly string[]) => ({
    Namespace: metricsNamespace,
    Dimensions,
    Metrics: names.filter((Name) => Name in figures).map((Name) => ({ Name, Unit: METRICS.get(Name) })),
  });
  const hasFailed = 'Failed' in figures && fields.trigger !== undefined;
  return JSON.stringify({
    timestamp: new Date(nowMs).toISOString(),
    level: fields.code === undefined ? 'INFO' : FAILURES[fields.code].level,
    message: fields.outcome ?? fields.condition ?? fields.code,
    ...fields,
    ...figures,
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [
        directive(sessionMetrics && fields.sessionExists ? [[], [SESSION_DIMENSION]] : [[]], [
          ...METRICS.keys(),
        ]),
        ...(hasFailed ? [directive([[TRIGGER_DIMENSION]], FAILURES_BY_TRIGGER)] : []),
      ],
    },
  });
}
