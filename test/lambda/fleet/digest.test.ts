import * as v from 'valibot';
import { expect, test } from 'vitest';
import { FAILURES } from '../../../lambda/core/failure-codes.ts';
import type { FleetResult } from '../../../lambda/core/fleet-result.ts';
import { digest, outageNotice } from '../../../lambda/fleet/digest.ts';
import { figuresLine } from '../../../lambda/fleet/metrics.ts';
import { embeddedMetricFormat } from '../logout/embedded-metric-format.ts';

const PLACE = { stack: 'blink-logout', account: '123456789012', region: 'eu-central-1' };
const EXECUTION = 'blink-logout-fleet-scheduled-20260101T020000Z';

const result: FleetResult = {
  tried: 300,
  loggedOut: 292,
  signedOut: ['porch'],
  failed: {
    session_busy: ['hall'],
    secret_full: ['loft'],
    reauthentication_required: ['garden', 'shed'],
    save_failed: ['attic'],
    blink_rejected: ['cellar'],
  },
  notTried: ['garage'],
  skipped: ['eu/garden'],
  seconds: 75,
};

test('the digest names first what needs a person, by kind and with the command to paste', () => {
  const { subject, text } = digest(result, PLACE, EXECUTION);
  expect(subject).toBe('blink-logout: 7 sessions not logged out');
  expect(text).toMatchInlineSnapshot(`
    "7 sessions of 301 were not logged out.

    Stack blink-logout, account 123456789012, Region eu-central-1
    Execution blink-logout-fleet-scheduled-20260101T020000Z

    The new refresh token could not be stored; the session may be lost (1):
      bin/blink-logout check attic --region eu-central-1  # save_failed

    A new sign-in is needed (2):
      bin/blink-logout sign-in garden --region eu-central-1  # reauthentication_required
      bin/blink-logout sign-in shed --region eu-central-1  # reauthentication_required

    The cause may have passed; it lasted longer than the execution repeats (2):
      bin/blink-logout logout --all --failed --region eu-central-1
      hall  # session_busy
      loft  # secret_full

    Other failures, which docs/runbook.md explains (1):
      bin/blink-logout check cellar --region eu-central-1  # blink_rejected

    Not tried, because Blink did not answer for an hour (1):
      bin/blink-logout logout --all --failed --region eu-central-1
      garage

    Skipped: under the prefix of the sessions, but not sessions (1):
      eu/garden

    Signed out by an earlier logout; a schedule for them has no effect (1):
      porch"
  `);
});

test('its commands name the stack as the setting "name" does', () => {
  const { text } = digest(result, { ...PLACE, stack: 'blink-logout-farm' }, EXECUTION);
  expect(text).toContain('bin/blink-logout sign-in garden --stack farm --region eu-central-1');
});

test('the digest has every code', () => {
  const failed = Object.fromEntries(Object.keys(FAILURES).map((code) => [code, [`of-${code}`]]));
  const { text } = digest({ ...result, failed, notTried: [] }, PLACE, EXECUTION);
  for (const code of Object.keys(FAILURES)) {
    expect(text).toMatch(new RegExp(`of-${code}( --region eu-central-1)?  # ${code}$`, 'm'));
  }
});

test('ten thousand sessions with the longest names fit into an e-mail of 250 KB and into a result of 1 MB', () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `${index}-`.padEnd(63, 'x'));
  const worst = { ...result, failed: { reauthentication_required: names } };
  const { subject, text } = digest(worst, { ...PLACE, stack: 'x'.repeat(63) }, EXECUTION);
  expect(Buffer.byteLength(subject)).toBeLessThanOrEqual(100);
  expect(Buffer.byteLength(text)).toBeLessThan(250_000);
  expect(text).toContain("The rest does not fit into an e-mail. The execution's result has all names.");
  expect(Buffer.byteLength(JSON.stringify(worst))).toBeLessThan(1_000_000);
});

test('the notice of an outage says that nothing is to be done yet', () => {
  expect(outageNotice(287, PLACE, EXECUTION).text).toContain('Until then, there is nothing to do.');
});

test('an execution’s figures are one line that CloudWatch reads as metrics', () => {
  const line = v.parse(embeddedMetricFormat, figuresLine('blink-logout', result, 1767225600000));
  expect(line).toMatchObject({
    SessionsLoggedOut: 292,
    SessionsSignedOut: 1,
    SessionsFailed: 7,
    SessionsSkipped: 1,
  });
});
