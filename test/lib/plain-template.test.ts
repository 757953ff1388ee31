import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { plainTemplate, toYaml } from '../../lib/plain-template.ts';
import { synthesize } from './synthesize.ts';

const NIGHTLY = { schedule: 'cron(0 3 * * ? *)', timeZone: 'Europe/Berlin', sessions: 'all', tracing: true };

interface Resource {
  readonly Type: string;
  readonly Properties?: object;
  Metadata?: unknown;
}

it.each([{}, NIGHTLY])(
  'the plain template differs from the stack in the places of the assets alone: %o',
  (settings) => {
    const template = synthesize(settings).toJSON();
    const { Parameters, Rules, ...expected } = structuredClone(template);
    expect(Object.keys({ ...Parameters, ...Rules })).toEqual(['BootstrapVersion', 'CheckBootstrapVersion']);
    const codes = ['./functions/logout', './functions/fleet'];
    for (const resource of Object.values<Resource>(expected['Resources'])) {
      delete resource.Metadata;
      if (resource.Type === 'AWS::Lambda::Function') {
        Object.assign(resource.Properties ?? {}, { Code: codes.shift() });
      }
    }
    expect(codes).toEqual([]);
    expect(plainTemplate(template)).toEqual(expected);
    expect(parse(toYaml(template), { version: '1.1' })).toEqual(expected);
  },
);

/** Everything that makes a template longer. */
const LARGEST = {
  ...NIGHTLY,
  name: 'n'.repeat(45),
  alarmEmail: 'owner@blink-logout.dev',
  kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  blinkUserAgent: '~'.repeat(200),
};

it('names nothing of the CDK, and fits into a request as JSON, unless it has a long list of sessions', () => {
  const template = synthesize(LARGEST).toJSON();
  expect(toYaml(template)).not.toMatch(/cdk/i);
  // AWS CloudFormation User Guide, "Understand CloudFormation quotas": a template body in a request, 51,200 bytes.
  expect(Buffer.byteLength(JSON.stringify(plainTemplate(template)))).toBeLessThan(51_200);
});

it('fits into a bucket, from which the recipes of the README deploy it, with the longest list', () => {
  const template = synthesize({
    ...LARGEST,
    sessions: Array.from({ length: 125 }, () => 'x'.repeat(62)),
  }).toJSON();
  // "Template body size in an S3 object", 1 MB. Packaging adds the place of the functions.
  expect(Buffer.byteLength(toYaml(template))).toBeLessThan(1_000_000 - 10_000);
});
