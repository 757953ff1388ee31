import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

/** The namespace and the dimension of the metrics that runs send. */
export const RUN_NAMESPACE = 'BlinkLogout';
export const SESSION_DIMENSION = 'session';

export interface RunMetricOptions {
  readonly statistic: string;
  readonly period: Duration;
  readonly label?: string;
  /** @default all sessions together */
  readonly session?: string;
}

/** A metric that runs send with their event. */
export function runMetric(metricName: string, { session, ...options }: RunMetricOptions): Metric {
  return new Metric({
    namespace: RUN_NAMESPACE,
    metricName,
    ...options,
    ...(session !== undefined && { dimensionsMap: { [SESSION_DIMENSION]: session } }),
  });
}
