import { readFileSync } from 'node:fs';
import { Aws, Token } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../lib/read-settings.ts';
import { SETTING_NAMES } from '../../lib/settings.ts';
import { SettingsError } from '../../lib/settings-error.ts';

type Given = Readonly<Record<string, unknown>>;

const NIGHTLY = { schedule: 'cron(0 3 * * ? *)' };
const KEY_ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const many = (length: number, text = 'x'.repeat(62)) => Array.from({ length }, () => text);

function faultsOf(given: Given): string[] {
  try {
    readSettings(given);
  } catch (error) {
    if (error instanceof SettingsError) return error.message.split('\n');
    throw error;
  }
  return [];
}

function inTypeScript(value: unknown): string {
  if (value === undefined) return '- none';
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/** What is refused, and the sentence or its part. */
const REFUSED: readonly (readonly [Given, string])[] = [
  [
    { name: 'Garden' },
    'name was given as "Garden"; expected 1 to 45 characters of a-z, 0-9 and -, beginning and ending with a letter or a digit.',
  ],
  [{ name: 'g'.repeat(46) }, 'expected 1 to 45 characters'],
  [{ name: '' }, 'name was given as ""; expected 1 to 45 characters'],
  [{ name: 'garden-' }, 'name was given as "garden-"; expected 1 to 45 characters'],
  [{ name: 'blink-logout' }, 'expected no name: without one, everything is called blink-logout.'],
  [{ name: 'blink-logout-garden' }, 'expected only what follows blink-logout-, "garden".'],
  [{ name: 'fleet' }, 'blink-logout-fleet is a part of the stack blink-logout.'],
  [{ name: 'garden-fleet' }, 'blink-logout-garden-fleet is a part of the stack blink-logout-garden.'],
  [{ name: 'webhook-key' }, 'expected a name that does not end in webhook-key: blink-logout-webhook-key is'],
  [{ schedule: 'daily' }, 'schedule was given as "daily"; expected cron(minutes hours'],
  [{ schedule: 'cron(0 3 * * * *)' }, 'here, exactly one of day-of-month and day-of-week must be ?'],
  [{ schedule: '' }, 'schedule was given as ""; expected cron('],
  [{ schedule: 5 }, 'schedule was given as 5; expected cron('],
  [{ schedule: 'cron(0 3 31 2 ? *)' }, 'here, it never fires.'],
  [{ schedule: 'cron(0 3 1 1 ? 2025)' }, 'here, it never fires.'],
  [{ refreshTokenMaxAgeDays: 0 }, 'expected a whole number from 1 to 365.'],
  [{ webhookAuth: 'none' }, 'webhookAuth was given as "none"; expected key or iam.'],
  [
    { webhookRatePerSecond: 0 },
    'webhookRatePerSecond was given as 0; expected a whole number from 1 to 10000.',
  ],
  [
    { webhookRatePerSecond: 1.5 },
    'webhookRatePerSecond was given as 1.5; expected a whole number from 1 to 10000.',
  ],
  [{ memoryMb: 127 }, 'memoryMb was given as 127; expected a whole number from 128 to 10240.'],
  [{ webhookBurst: '1e3' }, 'webhookBurst was given as "1e3"; expected a whole number from 1 to 5000.'],
  [{ logRetentionDays: 31 }, 'logRetentionDays was given as 31; expected one of 1, 3, 5, 7, 14, 30,'],
  [{ logRetentionDays: 9999 }, 'logRetentionDays was given as 9999'],
  [{ kmsKeyArn: 'alias/mine' }, 'kmsKeyArn was given as "alias/mine"; expected the ARN of a KMS key'],
  [{ kmsKeyArn: KEY_ARN.replace('key/', 'alias/') }, 'expected the ARN of a KMS key (not of an alias)'],
  [
    { sessions: 'garden' },
    'sessions was given as "garden"; expected default, all, or a list of session names and of patterns',
  ],
  [{ sessions: [] }, 'sessions was given as []; expected default, all, or a list'],
  [{ sessions: [1] }, 'sessions was given as [1]; expected default, all, or a list'],
  [{ sessions: ['Garden'] }, 'sessions was given as ["Garden"]; expected default, all, or a list'],
  [{ maxConcurrency: 0 }, 'expected a whole number from 1 to 100.'],
  [
    { ...NIGHTLY, timeZone: 'Europe/Berln' },
    'timeZone was given as "Europe/Berln"; expected an IANA time zone, such as Europe/Berlin; did you mean Europe/Berlin?',
  ],
  [{ ...NIGHTLY, timeZone: 'Mars/Base' }, 'an IANA time zone, such as Europe/Berlin.'],
  [{ ...NIGHTLY, timeZone: '+01:00' }, 'expected an IANA time zone'],
  [{ timeZone: 'Europe/Berlin' }, 'timeZone was given as "Europe/Berlin" without schedule;'],
  [
    { schedule: 'rate(1 day)', timeZone: 'Europe/Berlin' },
    'schedule as "rate(1 day)", which has no time of day; expected timeZone with a schedule cron(…).',
  ],
  [{ tracing: 'yes' }, 'tracing was given as "yes"; expected true or false.'],
  [
    { blinkUserAgent: 'Blink\n' },
    'blinkUserAgent was given as "Blink\\n"; expected 1 to 200 printable ASCII',
  ],
  ...['owner', '', 'owner@', 'owner@house', 'a b@blink-logout.dev'].map(
    (alarmEmail) =>
      [{ alarmEmail }, `alarmEmail was given as "${alarmEmail}"; expected your e-mail address.`] as const,
  ),
  ...['example.com', 'example.org', 'mail.example.net', 'house.invalid', 'Example.COM'].map(
    (domain) =>
      [
        { alarmEmail: `you@${domain}` },
        `expected your e-mail address: ${domain} is for examples and receives no mail.`,
      ] as const,
  ),
  // The zone of which it is an alias, where EventBridge does not document the alias.
  ...[
    ['europe/berlin', 'Europe/Berlin'],
    ['CET', 'Europe/Brussels'],
    ['Japan', 'Asia/Tokyo'],
    ['GB', 'Europe/London'],
    ['EST5EDT', 'America/New_York'],
    ['GMT', 'UTC'],
  ].map(([timeZone, meant]) => [{ ...NIGHTLY, timeZone }, `; did you mean ${meant}?`] as const),
  [{ sessions: many(126) }, '; expected a list of at most 8130 characters with its quotes and commas'],
  ...[
    ['rate(30 days)', 30, 30, 31],
    ['cron(0 3 1 * ? *)', 30, 31, 32],
    ['cron(0 3 ? * SUN *)', 7, 7, 8],
    ['rate(25 hours)', 1, 2, 2],
    ['cron(0 3 1 1 ? *)', 365, 366, 367],
  ].map(
    ([schedule, age, apart, atLeast]) =>
      [
        { schedule, refreshTokenMaxAgeDays: age },
        `refreshTokenMaxAgeDays is ${age}, and schedule was given as "${schedule}", whose runs are up to ${apart} days apart: each would raise the alarm; expected ${atLeast} days or more, or a schedule that runs more often.`,
      ] as const,
  ),
  // By the clock of the zone, in which 02:30 does not exist on one day.
  [
    { schedule: 'cron(30 2 * * ? *)', timeZone: 'Europe/Berlin', refreshTokenMaxAgeDays: 1 },
    'up to 2 days apart',
  ],
  [{ colour: 'red' }, 'colour is not a setting; expected one of name, schedule, sessions, '],
  [{ constructor: 1 }, 'constructor is not a setting; expected one of '],
  ...[
    ['schedul', 'schedule'],
    ['Schedule', 'schedule'],
    ['alarm_email', 'alarmEmail'],
    ['kmsKey', 'kmsKeyArn'],
  ].map(
    ([name = '', meant]) => [{ [name]: 'x' }, `${name} is not a setting; did you mean ${meant}?`] as const,
  ),
];

/** What is accepted as it is. */
const ACCEPTED: readonly Given[] = [
  { webhookBurst: 20, logRetentionDays: 7, tracing: true },
  ...['default', 'all', ['garden', 'tenant-*', '*-eu'], many(125)].map((sessions) => ({ sessions })),
  ...[
    "o'brien@blink-logout.dev",
    'owner+alarms@mail.blink-logout.dev',
    'owner@xn--bcher-kva.de',
    'owner@myexample.com',
  ].map((alarmEmail) => ({ alarmEmail })),
  ...['Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Africa/Dar_es_Salaam', 'Etc/GMT+1', 'UTC'].map(
    (timeZone) => ({ ...NIGHTLY, timeZone }),
  ),
  // Between two runs the age is not reached.
  { schedule: 'rate(30 days)', refreshTokenMaxAgeDays: 31 },
  { schedule: 'cron(0 3 1 * ? *)', refreshTokenMaxAgeDays: 32 },
  { schedule: 'cron(0 3 ? * SUN *)', refreshTokenMaxAgeDays: 8 },
  { schedule: 'cron(0 3 1 1 ? 2027)' },
];

describe('settings', () => {
  it('have the defaults that their comments state', () => {
    const source = readFileSync(new URL('../../lib/given-settings.ts', import.meta.url), 'utf8');
    const stated = [...source.matchAll(/@default (.*)\n +\*\/\n +readonly (\w+)\?:/g)];
    const settings: Given = readSettings({});
    expect(stated.map(([, value, name]) => [name, value])).toEqual(
      SETTING_NAMES.map((name) => [name, inTypeScript(settings[name])]),
    );
  });

  it.each(ACCEPTED)('%j are accepted', (given) => {
    expect(readSettings(given)).toMatchObject(given);
  });

  it.each(REFUSED)(
    '%j is refused in one sentence: name, what was given, what is accepted',
    (given, sentence) => {
      const [fault = '', ...others] = faultsOf(given);
      expect(fault).toContain(sentence);
      expect(others).toEqual([]);
      expect(fault.length).toBeLessThan(600);
    },
  );

  it('take a token of the CDK where CloudFormation resolves it, and say where synthesis must know the value', () => {
    const [text, number, list] = [Aws.STACK_NAME, Token.asNumber({}), Token.asList({})];
    const tokens = { alarmEmail: text, kmsKeyArn: `arn:${text}`, blinkUserAgent: text };
    expect(readSettings(tokens)).toMatchObject(tokens);
    // StringParameter.valueFromLookup, in the first of two syntheses.
    const lookedUpLater = { alarmEmail: 'dummy-value-for-/house/mail' };
    expect(readSettings(lookedUpLater)).toMatchObject(lookedUpLater);
    const decided = {
      name: text,
      schedule: text,
      timeZone: text,
      sessions: list,
      webhookAuth: text,
      memoryMb: number,
    };
    expect(faultsOf(decided)).toEqual(
      Object.keys(decided).map(
        (name) => `${name} must be known at synthesis; expected a value, and not a token of the CDK.`,
      ),
    );
    expect(faultsOf({ sessions: ['garden', text] })).toHaveLength(1);
  });

  it.each([
    ['default', true],
    [many(50, 's'), true],
    [many(51, 's'), false],
    [['tenant-*'], false],
    ['all', false],
  ])('have metrics by session for few sessions, and otherwise on demand: %j', (sessions, sessionMetrics) => {
    expect(readSettings({ sessions }).sessionMetrics).toBe(sessionMetrics);
    expect(readSettings({ sessions, sessionMetrics: true }).sessionMetrics).toBe(true);
  });

  it('report all faults at once', () => {
    const faults = faultsOf({ schedule: 'x', webhookAuth: 'x', tracing: 'x', schedul: 'x' });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'schedule',
      'webhookAuth',
      'tracing',
      'schedul',
    ]);
  });
});
