import { FAILURES } from '../core/failure-codes.ts';
import { metricName } from '../core/metric-name.ts';
import { LOGOUT_OUTCOMES } from '../core/outcome.ts';

/** The dimension of the metrics, beside their total over all sessions. */
export const SESSION_DIMENSION = 'session';

/** The dimension of the failures that alarms watch. */
export const TRIGGER_DIMENSION = 'trigger';

/** The steps of a run, in their order. A step that was not reached has no duration. */
export const STEPS = ['read', 'claim', 'refresh', 'save', 'lookUp', 'logOut', 'mark'] as const;

export type Step = (typeof STEPS)[number];

/** CloudWatch's names. */
type Unit = 'Count' | 'Milliseconds' | 'None';

const OTHER_METRICS = {
  Succeeded: 'Count',
  Failed: 'Count',
  FailedForGood: 'Count',
  Takeovers: 'Count',
  SaveRetries: 'Count',
  VersionsInUse: 'Count',
  RefreshTokenAgeDays: 'None',
  DurationMs: 'Milliseconds',
} as const satisfies Record<string, Unit>;

export type OtherMetric = keyof typeof OTHER_METRICS;

export const OUTCOME_METRICS: readonly string[] = LOGOUT_OUTCOMES.map(metricName);

/** Every metric that a run can send, with its unit. A metric that does not apply to a run is not sent. */
export const METRICS: ReadonlyMap<string, Unit> = new Map<string, Unit>([
  ...[...OUTCOME_METRICS, ...Object.keys(FAILURES).map(metricName)].map((name) => [name, 'Count'] as const),
  ...Object.entries(OTHER_METRICS),
  ...STEPS.map((step) => [`${metricName(step)}Ms`, 'Milliseconds'] as const),
]);
