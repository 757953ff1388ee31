import type { FailureCode, ReauthenticationReason } from '../failure.ts';
import type { Outcome } from '../outcome.ts';

/** The steps of a run, in their order. A step that was not reached has no duration. */
export type Step = 'read' | 'claim' | 'refresh' | 'save' | 'lookUp' | 'logOut' | 'mark';

/**
 * What a run tells of itself beside its metrics. Every field is one of our own words, a number, a checked name or a
 * version id: none can hold a token, key, password, e-mail address or foreign text.
 */
export interface RunFields {
  readonly trigger?: 'webhook' | 'schedule' | 'direct';
  readonly action?: 'logout' | 'check';
  /** Only where the secret exists: it is a dimension, and each value costs. */
  readonly session?: string;
  readonly outcome?: Outcome['outcome'];
  readonly code?: FailureCode;
  readonly retryable?: boolean;
  readonly reason?: ReauthenticationReason;
  readonly blinkStatus?: number;
  readonly blinkCode?: number;
  readonly awsError?: string;
  /** The system's code of what lay beneath, such as `ECONNRESET`. */
  readonly causeCode?: string;
  /** Of an unexpected error: where, never what. */
  readonly stackFrames?: readonly string[];
  /** The version id that the run found current, and the one that it saved. */
  readonly generation?: string;
  readonly savedVersion?: string;
  /** This run took over from one that died holding the claim. */
  readonly takeover?: boolean;
  /** How often the refresh was sent. */
  readonly refreshTries?: number;
  readonly markedLoggedOut?: boolean;
}

export const METRICS_NAMESPACE = 'BlinkLogout';

/** A failure's code as a metric's name: `save_failed` is `SaveFailed`. */
type PascalCase<Code extends string> = Code extends `${infer Head}_${infer Tail}`
  ? `${Capitalize<Head>}${PascalCase<Tail>}`
  : Capitalize<Code>;

type MetricName =
  | PascalCase<Outcome['outcome']>
  | PascalCase<FailureCode>
  | `${Capitalize<Step>}Ms`
  | 'Succeeded'
  | 'Failed'
  | 'FailedForGood'
  | 'DurationMs'
  | 'Takeovers'
  | 'SaveRetries'
  | 'VersionsInUse'
  | 'RefreshTokenAgeDays';

/** Every metric that a run can send, with its unit as CloudWatch names it. One that does not apply is not sent. */
export const METRICS = {
  LoggedOut: 'Count',
  AlreadyLoggedOut: 'Count',
  Ready: 'Count',
  Succeeded: 'Count',
  Failed: 'Count',
  FailedForGood: 'Count',
  RequestInvalid: 'Count',
  Unauthenticated: 'Count',
  NotFound: 'Count',
  MethodNotAllowed: 'Count',
  RequestTooLarge: 'Count',
  SessionUnknown: 'Count',
  SessionBusy: 'Count',
  TooManyLogouts: 'Count',
  SessionInvalid: 'Count',
  SaveFailed: 'Count',
  SecretsUnavailable: 'Count',
  ReauthenticationRequired: 'Count',
  BlinkRejected: 'Count',
  BlinkUnavailable: 'Count',
  BlinkTimeout: 'Count',
  InternalError: 'Count',
  Takeovers: 'Count',
  SaveRetries: 'Count',
  VersionsInUse: 'Count',
  RefreshTokenAgeDays: 'None',
  DurationMs: 'Milliseconds',
  ReadMs: 'Milliseconds',
  ClaimMs: 'Milliseconds',
  RefreshMs: 'Milliseconds',
  SaveMs: 'Milliseconds',
  LookUpMs: 'Milliseconds',
  LogOutMs: 'Milliseconds',
  MarkMs: 'Milliseconds',
} as const satisfies Record<MetricName, 'Count' | 'Milliseconds' | 'None'>;

export type Metrics = Partial<Record<keyof typeof METRICS, number>>;

export function metricOf<Word extends string>(word: Word): PascalCase<Word>;
export function metricOf(word: string): string {
  return word.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export interface RunEvent {
  readonly requestId: string;
  readonly timestampMs: number;
  readonly coldStart: boolean;
  readonly fields: RunFields;
  readonly metrics: Metrics;
}

const LOUD: ReadonlySet<FailureCode> = new Set([
  'save_failed',
  'reauthentication_required',
  'internal_error',
]);

/**
 * The event as one line of log that is its metrics too (CloudWatch, "Specification: embedded metric format"), over all
 * sessions and for the session. `timestamp` and `level` are where Lambda's JSON logging looks for them.
 */
export function runEventLine({ requestId, timestampMs, coldStart, fields, metrics }: RunEvent): string {
  return JSON.stringify({
    timestamp: new Date(timestampMs).toISOString(),
    level: fields.code === undefined ? 'INFO' : LOUD.has(fields.code) ? 'ERROR' : 'WARN',
    message: fields.outcome ?? fields.code,
    requestId,
    coldStart,
    ...fields,
    ...metrics,
    _aws: {
      Timestamp: timestampMs,
      CloudWatchMetrics: [
        {
          Namespace: METRICS_NAMESPACE,
          Dimensions: fields.session === undefined ? [[]] : [[], ['session']],
          Metrics: Object.entries(METRICS).flatMap(([Name, Unit]) =>
            Name in metrics ? [{ Name, Unit }] : [],
          ),
        },
      ],
    },
  });
}
