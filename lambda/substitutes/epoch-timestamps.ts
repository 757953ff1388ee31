/**
 * In the place of the SDK's parsers of dates. AWS JSON 1.1 has seconds since the epoch, with a fraction (Smithy 2.0,
 * "AWS JSON 1.1 protocol"), and Secrets Manager names no other format.
 */
export function parseEpochTimestamp(value: unknown): Date {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new TypeError('not an epoch timestamp');
  return new Date(Math.round(value * 1000));
}
