import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as v from 'valibot';
import { parseScheduleExpression } from './schedule-expression.ts';
import { longestGapMinutes } from './schedule-gap.ts';

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
  'cron(minutes hours day-of-month month day-of-week year) in UTC, such as cron(0 3 * * ? *), or rate(value unit), such as rate(1 day)';

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
