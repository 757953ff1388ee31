import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { SESSION_DIMENSION, TRIGGER_DIMENSION } from '../lambda/logout/metrics.ts';

export interface RunMetricOptions extends MetricOptions {
  /** @default all sessions together */
  readonly session?: string;
  /** For metrics of failures. @default all triggers together */
  readonly trigger?: 'webhook' | 'schedule' | 'direct';
}

/**
 * A metric that runs send with their event.
 * @param namespace the stack's name
 */
export function runMetric(
  namespace: string,
  metricName: string,
  { session, trigger, ...options }: RunMetricOptions,
): Metric {
  return new Metric({
    namespace,
    metricName,
    ...options,
    ...(session !== undefined && { dimensionsMap: { [SESSION_DIMENSION]: session } }),
    ...(trigger !== undefined && { dimensionsMap: { [TRIGGER_DIMENSION]: trigger } }),
  });
}
