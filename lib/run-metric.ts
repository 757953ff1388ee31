import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SESSION_DIMENSION, TRIGGER_DIMENSION } from '../lambda/metrics.ts';

export interface RunMetricOptions {
  readonly statistic: string;
  readonly period: Duration;
  readonly label?: string;
  /** @default all sessions together */
  readonly session?: string;
  /** Of failures. @default all triggers together */
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
