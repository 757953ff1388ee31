import * as v from 'valibot';
import { USER_AGENT_PATTERN } from '../lambda/logout/environment.ts';
import {
  emailAddress,
  flag,
  kmsKeyArn,
  retentionDays,
  scheduledSessions,
  scheduleExpression,
  stackSuffix,
  text,
  timeZoneName,
  wholeNumber,
} from './setting-schemas.ts';

/** One entry for each setting, in the order of the descriptions. Every value is plain JSON. */
export const settingsSchema = v.object({
  name: v.optional(stackSuffix),
  schedule: v.optional(scheduleExpression),
  sessions: v.optional(scheduledSessions, 'default'),
  timeZone: v.optional(timeZoneName),
  alarmEmail: v.optional(emailAddress),
  webhookAuth: v.optional(v.picklist(['key', 'iam'], 'key or iam'), 'key'),
  webhookRatePerSecond: v.optional(wholeNumber(1, 10_000), 2),
  webhookBurst: v.optional(wholeNumber(1, 5_000), 5),
  maxConcurrency: v.optional(wholeNumber(1, 100), 2),
  refreshTokenMaxAgeDays: v.optional(wholeNumber(1, 365), 30),
  memoryMb: v.optional(wholeNumber(128, 10_240), 512),
  logRetentionDays: v.optional(retentionDays, 90),
  retainLogs: v.optional(flag, false),
  kmsKeyArn: v.optional(kmsKeyArn),
  sessionMetrics: v.optional(flag),
  dashboard: v.optional(flag, true),
  tracing: v.optional(flag, false),
  blinkUserAgent: v.optional(text(USER_AGENT_PATTERN, '1 to 200 printable ASCII characters'), 'Blink'),
});

/** The settings with their defaults. */
export type Settings = v.InferOutput<typeof settingsSchema> & { readonly sessionMetrics: boolean };

const MAX_SESSIONS_WITH_METRICS = 50;

/** The default of `sessionMetrics`: whether the schedule's sessions are known to be few. */
export function hasFewSessions(sessions: Settings['sessions']): boolean {
  if (sessions === 'default') return true;
  const names = sessions === 'all' ? ['*'] : sessions;
  return names.length <= MAX_SESSIONS_WITH_METRICS && !names.some((name) => name.includes('*'));
}

export const SETTING_NAMES = Object.keys(settingsSchema.entries);
