import { Aws, Token } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../lib/read-settings.ts';
import { SETTING_NAMES } from '../../lib/settings.ts';
import { SettingsError } from '../../lib/settings-error.ts';
import { SETTING_DOCUMENTS } from './setting-documents.ts';

const KEY_ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

function faultsOf(context: Record<string, unknown>): string[] {
  try {
    readSettings(context);
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

describe('settings', () => {
  it('have the defaults that their comments state', () => {
    const settings: Readonly<Record<string, unknown>> = readSettings({});
    const stated = [...SETTING_DOCUMENTS].map(([name, { defaultValue }]) => [name, defaultValue]);
    expect(stated).toEqual(SETTING_NAMES.map((name) => [name, inTypeScript(settings[name])]));
  });

  it('are read as the types that settings.json gives', () => {
    expect(readSettings({ webhookBurst: 20, logRetentionDays: 7, tracing: true })).toMatchObject({
      webhookBurst: 20,
      logRetentionDays: 7,
      tracing: true,
    });
  });

  it.each([
    ['default', 'default'],
    ['all', 'all'],
    [
      ['garden', 'tenant-*', '*-eu'],
      ['garden', 'tenant-*', '*-eu'],
    ],
  ])('take %j for the sessions %j', (sessions, expected) => {
    expect(readSettings({ sessions }).sessions).toEqual(expected);
  });

  it.each([
    "o'brien@blink-logout.dev",
    'owner+alarms@mail.blink-logout.dev',
    'owner@xn--bcher-kva.de',
    'owner@myexample.com',
  ])('take the e-mail address %s', (alarmEmail) => {
    expect(faultsOf({ alarmEmail })).toEqual([]);
  });

  it('take a token of the CDK where CloudFormation resolves it, and say where synthesis must know the value', () => {
    const [text, number, list] = [Aws.STACK_NAME, Token.asNumber({}), Token.asList({})];
    const tokens = { alarmEmail: text, kmsKeyArn: `arn:${text}`, blinkUserAgent: text };
    expect(readSettings(tokens)).toMatchObject(tokens);
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
    [Array.from({ length: 50 }, (_, index) => `s${index}`), true],
    [Array.from({ length: 51 }, (_, index) => `s${index}`), false],
    [['tenant-*'], false],
    ['all', false],
  ])('have metrics by session for few sessions, and otherwise on demand: %j', (sessions, sessionMetrics) => {
    expect(readSettings({ sessions }).sessionMetrics).toBe(sessionMetrics);
    expect(readSettings({ sessions, sessionMetrics: true }).sessionMetrics).toBe(true);
  });

  it.each(['Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Africa/Dar_es_Salaam', 'Etc/GMT+1', 'UTC'])(
    'take the time zone %s',
    (timeZone) => {
      expect(faultsOf({ schedule: 'cron(0 3 * * ? *)', timeZone })).toEqual([]);
    },
  );

  it('measure the time between two runs by the clock of the time zone', () => {
    const settings = { schedule: 'cron(30 2 * * ? *)', refreshTokenMaxAgeDays: 1 };
    expect(faultsOf({ ...settings, timeZone: 'Europe/Berlin' })[0]).toContain('up to 2 days apart');
  });

  it.each([
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
    [
      { name: 'webhook-key' },
      'expected a name that does not end in webhook-key: blink-logout-webhook-key is',
    ],
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
      { schedule: 'cron(0 3 * * ? *)', timeZone: 'Europe/Berln' },
      'timeZone was given as "Europe/Berln"; expected an IANA time zone, such as Europe/Berlin; did you mean Europe/Berlin?',
    ],
    [{ schedule: 'cron(0 3 * * ? *)', timeZone: 'Mars/Base' }, 'an IANA time zone, such as Europe/Berlin.'],
    [{ schedule: 'cron(0 3 * * ? *)', timeZone: '+01:00' }, 'expected an IANA time zone'],
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
  ])('%j is refused in one sentence: name, what was given, what is accepted', (context, sentence) => {
    const faults = faultsOf(context);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(sentence);
  });

  it.each(['owner', '', 'owner@', 'owner@house', 'a b@blink-logout.dev'])(
    'do not take the e-mail address "%s"',
    (alarmEmail) => {
      expect(faultsOf({ alarmEmail })).toEqual([
        `alarmEmail was given as "${alarmEmail}"; expected your e-mail address.`,
      ]);
    },
  );

  it.each(['example.com', 'example.org', 'mail.example.net', 'house.invalid', 'Example.COM'])(
    'say that nobody receives mail at %s',
    (domain) => {
      expect(faultsOf({ alarmEmail: `you@${domain}` })).toEqual([
        `alarmEmail was given as "you@${domain}"; expected your e-mail address: ${domain} is for examples and receives no mail.`,
      ]);
    },
  );

  it.each([
    ['europe/berlin', 'Europe/Berlin'],
    ['CET', 'Europe/Brussels'],
    ['Japan', 'Asia/Tokyo'],
    ['GB', 'Europe/London'],
    ['EST5EDT', 'America/New_York'],
    ['GMT', 'UTC'],
  ])('answer the time zone %s, which EventBridge does not document, with %s', (timeZone, meant) => {
    expect(faultsOf({ schedule: 'cron(0 3 * * ? *)', timeZone })[0]).toMatch(`; did you mean ${meant}?`);
  });

  it('limit the length of the list of sessions by what EventBridge sends', () => {
    const names = (length: number) => ({ sessions: Array.from({ length }, () => 'x'.repeat(62)) });
    expect(faultsOf(names(125))).toEqual([]);
    const [fault = ''] = faultsOf(names(126));
    expect(fault).toContain('; expected a list of at most 8130 characters with its quotes and commas');
    expect(fault.length).toBeLessThan(500);
  });

  it.each<[{ schedule: string; refreshTokenMaxAgeDays?: number | string }, number, number]>([
    [{ schedule: 'rate(30 days)' }, 30, 31],
    [{ schedule: 'cron(0 3 1 * ? *)' }, 31, 32],
    [{ schedule: 'cron(0 3 ? * SUN *)', refreshTokenMaxAgeDays: 7 }, 7, 8],
    [{ schedule: 'rate(25 hours)', refreshTokenMaxAgeDays: 1 }, 2, 2],
    [{ schedule: 'cron(0 3 1 1 ? *)', refreshTokenMaxAgeDays: 365 }, 366, 367],
  ])('%j is refused: the age would be reached at every run', (context, apart, atLeast) => {
    const { refreshTokenMaxAgeDays = 30, schedule } = context;
    expect(faultsOf(context)).toEqual([
      `refreshTokenMaxAgeDays is ${refreshTokenMaxAgeDays}, and schedule was given as "${schedule}", whose runs are up to ${apart} days apart: each would raise the alarm; expected ${atLeast} days or more, or a schedule that runs more often.`,
    ]);
  });

  it.each([
    { schedule: 'rate(30 days)', refreshTokenMaxAgeDays: 31 },
    { schedule: 'cron(0 3 1 * ? *)', refreshTokenMaxAgeDays: 32 },
    { schedule: 'cron(0 3 ? * SUN *)', refreshTokenMaxAgeDays: 8 },
    { schedule: 'cron(0 3 1 1 ? 2027)' },
  ])('%j is accepted: between two runs the age is not reached', (context) => {
    expect(faultsOf(context)).toEqual([]);
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

  it('that do not exist are refused with the list of those that do', () => {
    expect(faultsOf({ colour: 'red', constructor: 1 })).toEqual([
      expect.stringMatching(/^colour is not a setting; expected one of name, schedule, sessions, .+\.$/),
      expect.stringMatching(/^constructor is not a setting; expected one of /),
    ]);
  });

  it.each([
    ['schedul', 'schedule'],
    ['Schedule', 'schedule'],
    ['alarm_email', 'alarmEmail'],
    ['kmsKey', 'kmsKeyArn'],
  ])('with a name such as %s get the question whether %s was meant', (name, meant) => {
    expect(faultsOf({ [name]: 'x' })).toEqual([`${name} is not a setting; did you mean ${meant}?`]);
  });
});
