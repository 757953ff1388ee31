import type { FleetResult } from '../core/fleet-result.ts';

/** The figures of an execution, which it sends at its end, over all of its sessions. */
export const FLEET_METRICS = {
  SessionsLoggedOut: ({ loggedOut }) => loggedOut,
  SessionsSignedOut: ({ signedOut }) => signedOut.length,
  SessionsFailed: ({ failed, notTried }) => Object.values(failed).flat().length + notTried.length,
  SessionsSkipped: ({ skipped }) => skipped.length,
} as const satisfies Record<string, (result: FleetResult) => number>;

/** One log line in the embedded metric format (CloudWatch User Guide, "Specification: Embedded metric format"). */
export function figuresLine(namespace: string, result: FleetResult, timestampMs: number): string {
  const figures = Object.entries(FLEET_METRICS).map(([name, value]) => [name, value(result)] as const);
  return JSON.stringify({
    ...Object.fromEntries(figures),
    message: 'fleet ended',
    _aws: {
      Timestamp: timestampMs,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [[]],
          Metrics: figures.map(([Name]) => ({ Name, Unit: 'Count' })),
        },
      ],
    },
  });
}
