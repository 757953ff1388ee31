import { readFileSync } from 'node:fs';
import { Aws, Token } from 'aws-cdk-lib/core';
import { describe, expect, it } from 'vitest';
import { SettingsError } from '../../lib/given-settings.ts';
import { readSettings, settingsSchema } from '../../lib/settings.ts';

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

const refuses = (name: string, values: readonly unknown[], accepted: string) =>
  values.map(
    (value) =>
      [{ [name]: value }, `${name} was given as ${JSON.stringify(value)}; expected ${accepted}`] as const,
  );

/** What is refused, and the sentence or its part. */
const REFUSED: readonly (readonly [Given, string])[] = [
  ...refuses(
    'name',
    ['Garden', 'g'.repeat(46), '', 'garden-'],
    '1 to 45 characters of a-z, 0-9 and -, beginning and ending with a letter or a digit.',
  ),
  [{ name: 'blink-logout' }, 'expected no name: without one, everything is called blink-logout.'],
  [{ name: 'blink-logout-garden' }, 'expected only what follows blink-logout-, "garden".'],
  [{ name: 'fleet' }, 'blink-logout-fleet is a part of the stack blink-logout.'],
  [{ name: 'garden-fleet' }, 'blink-logout-garden-fleet is a part of the stack blink-logout-garden.'],
  [{ name: 'webhook-key' }, 'expected a name that does not end in webhook-key: blink-logout-webhook-key is'],
  ...refuses('schedule', ['daily', '', 5], 'cron(minutes hours'),
  [{ schedule: 'cron(0 3 * * * *)' }, 'here, exactly one of day-of-month and day-of-week must be ?'],
  [{ schedule: 'cron(0 3 31 2 ? *)' }, 'here, it never fires.'],
  [{ schedule: 'cron(0 3 1 1 ? 2025)' }, 'here, it never fires.'],
  ...refuses('sessions', ['garden', [], [1], ['Garden']], 'default, all, or a list of session names'),
  [{ sessions: many(126) }, '; expected a list of at most 8130 characters with its quotes and commas'],
  ...refuses('webhookAuth', ['none'], 'key or iam.'),
  ...refuses('webhookRatePerSecond', [0, 1.5], 'a whole number from 1 to 10000.'),
  ...refuses('webhookBurst', ['1e3'], 'a whole number from 1 to 5000.'),
  ...refuses('memoryMb', [127], 'a whole number from 128 to 10240.'),
  ...refuses('logRetentionDays', [31, 9999], 'one of 1, 3, 5, 7, 14, 30,'),
  ...refuses('kmsKeyArn', ['alias/mine', KEY_ARN.replace('key/', 'alias/')], 'the ARN of a KMS key (not of'),
  ...refuses('tracing', ['yes'], 'true or false.'),
  ...refuses('blinkUserAgent', ['Blink\n'], '1 to 200 printable ASCII'),
  ...refuses('alarmEmail', ['', 'owner@', 'owner@house', 'a b@blink-logout.dev'], 'your e-mail address.'),
  ...['example.com', 'mail.example.net', 'house.invalid', 'Example.ORG'].map(
    (domain) =>
      [
        { alarmEmail: `you@${domain}` },
        `expected your e-mail address: ${domain} is for examples and receives no mail.`,
      ] as const,
  ),
  // A typing error, or the zone of which it is an alias, where EventBridge does not document the alias.
  ...[
    ['Europe/Berln', 'Europe/Berlin'],
    ['europe/berlin', 'Europe/Berlin'],
    ['CET', 'Europe/Brussels'],
    ['Japan', 'Asia/Tokyo'],
    ['GB', 'Europe/London'],
    ['EST5EDT', 'America/New_York'],
    ['GMT', 'UTC'],
  ].map(
    ([timeZone, meant]) =>
      [{ ...NIGHTLY, timeZone }, `an IANA time zone, such as Europe/Berlin; did you mean ${meant}?`] as const,
  ),
  ...['Mars/Base', '+01:00'].map(
    (timeZone) => [{ ...NIGHTLY, timeZone }, 'an IANA time zone, such as Europe/Berlin.'] as const,
  ),
  [{ timeZone: 'Europe/Berlin' }, 'timeZone was given as "Europe/Berlin" without schedule;'],
  [
    { schedule: 'rate(1 day)', timeZone: 'Europe/Berlin' },
    'schedule as "rate(1 day)", which has no time of day; expected timeZone with a schedule cron(…).',
  ],
  ...[
    ['rate(30 days)', 30, 30, 31],
    ['cron(0 3 1 * ? *)', 30, 31, 32],
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
  ...['default', 'all', ['garden', 'tenant-*', '*-eu'], many(125)].map((sessions) => ({ sessions })),
  ...["o'brien@blink-logout.dev", 'owner+alarms@xn--bcher-kva.de', 'owner@myexample.com'].map(
    (alarmEmail) => ({
      alarmEmail,
    }),
  ),
  ...['Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Africa/Dar_es_Salaam', 'Etc/GMT+1', 'UTC'].map(
    (timeZone) => ({ ...NIGHTLY, timeZone }),
  ),
  // Between two runs the age is not reached.
  { schedule: 'rate(30 days)', refreshTokenMaxAgeDays: 31 },
  { schedule: 'cron(0 3 1 * ? *)', refreshTokenMaxAgeDays: 32 },
  { schedule: 'cron(0 3 1 1 ? 2027)' },
];

describe('settings', () => {
  it('have the defaults that their comments state', () => {
    const source = readFileSync(new URL('../../lib/given-settings.ts', import.meta.url), 'utf8');
    const stated = [...source.matchAll(/@default (.*)\n +\*\/\n +readonly (\w+)\?:/g)];
    const settings: Given = readSettings({});
    expect(stated.map(([, value, name]) => [name, value])).toEqual(
      Object.keys(settingsSchema.entries).map((name) => [name, inTypeScript(settings[name])]),
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
