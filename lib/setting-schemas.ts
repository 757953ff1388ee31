import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { closest } from 'fastest-levenshtein';
import * as v from 'valibot';
import { sessionNameSchema } from '../lambda/core/session-name.ts';
import { NAME_RULE, nameFault } from '../lambda/core/stack-name.ts';
import { MAX_NAMED_SESSIONS } from './fleet/definition.ts';
import { parseScheduleExpression } from './schedule-expression.ts';
import { longestGapMinutes } from './schedule-times.ts';

/** The schemas of single settings. Each message completes the sentence "accepted is …". */

export function wholeNumber(min: number, max: number) {
  const accepted = `a whole number from ${min} to ${max}`;
  return v.pipe(
    v.number(accepted),
    v.integer(accepted),
    v.minValue(min, accepted),
    v.maxValue(max, accepted),
  );
}

export function text(pattern: RegExp, accepted: string) {
  return v.pipe(v.string(accepted), v.regex(pattern, accepted));
}

export const flag = v.boolean('true or false');

export const stackSuffix = v.pipe(
  v.string(NAME_RULE),
  v.rawCheck(({ dataset, addIssue }) => {
    const fault = dataset.typed ? nameFault(dataset.value) : undefined;
    if (fault !== undefined) addIssue({ message: fault });
  }),
);

const EMAIL_ACCEPTED = 'an e-mail address';

export const emailAddress = v.pipe(v.string(EMAIL_ACCEPTED), v.email(EMAIL_ACCEPTED));

const RETENTION_DAYS = Object.values(RetentionDays).filter(
  (days) => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

export const retentionDays = v.picklist(RETENTION_DAYS, `one of ${RETENTION_DAYS.join(', ')}`);

export const kmsKeyArn = text(
  /^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
  'the ARN of a KMS key (not of an alias), such as arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
);

const SCHEDULE_ACCEPTED =
  'cron(minutes hours day-of-month month day-of-week year), such as cron(0 3 * * ? *), or rate(value unit), such as rate(1 day)';

export const scheduleExpression = v.pipe(
  v.string(SCHEDULE_ACCEPTED),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      longestGapMinutes(parseScheduleExpression(dataset.value));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      addIssue({ message: `${SCHEDULE_ACCEPTED}; here, ${error.message}` });
    }
  }),
);

const SESSIONS_ACCEPTED = `default, all, or a list of 1 to ${MAX_NAMED_SESSIONS} session names, such as ["garden", "garage"]`;

export const scheduledSessions = v.union(
  [
    v.picklist(['default', 'all']),
    v.pipe(
      v.array(v.string(SESSIONS_ACCEPTED), SESSIONS_ACCEPTED),
      v.minLength(1, SESSIONS_ACCEPTED),
      v.maxLength(MAX_NAMED_SESSIONS, SESSIONS_ACCEPTED),
      v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed || v.is(v.array(sessionNameSchema), dataset.value)) return;
        addIssue({ message: SESSIONS_ACCEPTED });
      }),
    ),
  ],
  SESSIONS_ACCEPTED,
);

const TIME_ZONE_ACCEPTED = 'an IANA time zone, such as Europe/Berlin';

export const timeZoneName = v.pipe(
  v.string(TIME_ZONE_ACCEPTED),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || isTimeZone(dataset.value)) return;
    const nearest = closest(dataset.value, Intl.supportedValuesOf('timeZone'));
    addIssue({ message: `${TIME_ZONE_ACCEPTED}; did you mean ${nearest}?` });
  }),
);

/** Node also knows abbreviations, offsets and any case, which EventBridge Scheduler does not document. */
function isTimeZone(name: string): boolean {
  if (name !== 'UTC' && !/^[A-Z][\w+-]*(\/[A-Z][\w+-]*)+$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
