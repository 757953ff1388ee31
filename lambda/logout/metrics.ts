import { FAILURES } from '../core/failure-codes.ts';
import { metricName } from '../core/metric-name.ts';
import { LOGOUT_OUTCOMES } from '../core/outcome.ts';

/** The dimension of the metrics, beside their total over all sessions. */
export const SESSION_DIMENSION = 'session';

/** The dimension of the failures that alarms watch. */
export const TRIGGER_DIMENSION = 'trigger';

/** CloudWatch's names. */
type Unit = 'Count' | 'Milliseconds' | 'None';

export const OUTCOME_METRICS: readonly string[] = LOGOUT_OUTCOMES.map(metricName);

/**
 * The figures of a run that alarms, the dashboard and `doctor` look at, with their units. A metric costs, also for each
 * session. All other figures are fields of the event, where Logs Insights finds them.
 */
export const METRICS: ReadonlyMap<string, Unit> = new Map<string, Unit>([
  ...[...OUTCOME_METRICS, ...Object.keys(FAILURES).map(metricName)].map((name) => [name, 'Count'] as const),
  ['Failed', 'Count'],
  ['FailedForGood', 'Count'],
  ['RefreshTokenAgeDays', 'None'],
  ['DurationMs', 'Milliseconds'],
]);
