import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { closest, distance } from 'fastest-levenshtein';
import * as v from 'valibot';
import { sessionPatternSchema } from '../lambda/core/session-name.ts';
import { NAME_RULE, nameFault } from '../lambda/core/stack-name.ts';
import { USER_AGENT_PATTERN } from '../lambda/logout/environment.ts';
import { firingsMs, parseScheduleExpression } from './schedule-expression.ts';

/** The schemas of single settings. Each message completes "expected …". */

/** @param faultOf the message, if the text is refused */
function refusing(faultOf: (text: string) => string | undefined) {
  return v.rawCheck<string>(({ dataset, addIssue }) => {
    const fault = dataset.typed ? faultOf(dataset.value) : undefined;
    if (fault !== undefined) addIssue({ message: fault });
  });
}

export function wholeNumber(min: number, max: number) {
  const accepted = `a whole number from ${min} to ${max}`;
  return v.pipe(
    v.number(accepted),
    v.integer(accepted),
    v.minValue(min, accepted),
    v.maxValue(max, accepted),
  );
}

function text(pattern: RegExp, accepted: string) {
  return v.pipe(v.string(accepted), v.regex(pattern, accepted));
}

export const flag = v.boolean('true or false');

export const userAgent = text(USER_AGENT_PATTERN, '1 to 200 printable ASCII characters');

export const stackSuffix = v.pipe(v.string(NAME_RULE), refusing(nameFault));

const EMAIL_ACCEPTED = 'your e-mail address';

/** Nobody receives mail there (RFC 2606, RFC 6761). */
const RESERVED_DOMAIN = /(^|\.)(example\.(com|org|net)|example|invalid|test|localhost)$/i;

export const emailAddress = v.pipe(
  v.string(EMAIL_ACCEPTED),
  v.rfcEmail(EMAIL_ACCEPTED),
  refusing((address) => {
    const domain = address.slice(address.lastIndexOf('@') + 1);
    if (RESERVED_DOMAIN.test(domain))
      return `${EMAIL_ACCEPTED}: ${domain} is for examples and receives no mail`;
    return domain.includes('.') ? undefined : EMAIL_ACCEPTED;
  }),
);

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
  refusing((text) => {
    try {
      const schedule = parseScheduleExpression(text);
      if (schedule.kind === 'rate' || !firingsMs(schedule, Date.now()).next().done) return;
      return `${SCHEDULE_ACCEPTED}; here, it never fires`;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return `${SCHEDULE_ACCEPTED}; here, ${error.message}`;
    }
  }),
);

const SESSIONS_ACCEPTED =
  'default, all, or a list of session names and of patterns, such as ["garden", "tenant-*"]';

/** Of a target's input (Amazon EventBridge API Reference, "Target" and "InputTransformer"). */
const MAX_INPUT_LENGTH = 8_192;

/** What the input of a schedule has beside the names. */
const OTHER_INPUT_LENGTH = JSON.stringify({
  sessions: [],
  scheduledAt: '<aws.scheduler.scheduled-time>',
}).length;

const MAX_NAMES_LENGTH = MAX_INPUT_LENGTH - OTHER_INPUT_LENGTH;

export const scheduledSessions = v.union(
  [
    v.picklist(['default', 'all']),
    v.pipe(
      v.array(v.string()),
      v.minLength(1, SESSIONS_ACCEPTED),
      v.check((names) => v.is(v.array(sessionPatternSchema), names), SESSIONS_ACCEPTED),
      v.check(
        (names) => JSON.stringify(names).length <= MAX_NAMES_LENGTH,
        `a list of at most ${MAX_NAMES_LENGTH} characters with its quotes and commas, because EventBridge sends no more; use patterns, such as "tenant-*", or all`,
      ),
    ),
  ],
  SESSIONS_ACCEPTED,
);

const TIME_ZONE_ACCEPTED = 'an IANA time zone, such as Europe/Berlin';

export const timeZoneName = v.pipe(
  v.string(TIME_ZONE_ACCEPTED),
  refusing((name) => {
    if (isTimeZone(name)) return;
    const meant = canonicalZone(name) ?? misspelledZone(name);
    return meant === undefined ? TIME_ZONE_ACCEPTED : `${TIME_ZONE_ACCEPTED}; did you mean ${meant}?`;
  }),
);

/** Node also knows abbreviations, offsets and any case, which EventBridge Scheduler does not document. */
function isTimeZone(name: string): boolean {
  return (
    (name === 'UTC' || /^[A-Z][\w+-]*(\/[A-Z][\w+-]*)+$/.test(name)) && canonicalZone(name) !== undefined
  );
}

/** The zone that a name is an alias of: `Asia/Tokyo` for `Japan`. */
function canonicalZone(name: string): string | undefined {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions();
    return /^[+-]/.test(timeZone) ? undefined : timeZone;
  } catch {
    return undefined;
  }
}

function misspelledZone(name: string): string | undefined {
  const nearest = closest(name, Intl.supportedValuesOf('timeZone'));
  return distance(name, nearest) <= name.length / 4 ? nearest : undefined;
}
