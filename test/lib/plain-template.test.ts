import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { plainTemplate, toYaml } from '../../lib/plain-template.ts';
import { synthesize } from './synthesize.ts';

interface Resource {
  readonly Type: string;
  readonly Properties?: object;
  Metadata?: unknown;
}

/** With everything that makes a template longer, but for a long list of sessions. */
const LARGEST = synthesize({
  name: 'n'.repeat(45),
  schedule: 'cron(0 3 * * ? *)',
  timeZone: 'Europe/Berlin',
  sessions: 'all',
  tracing: true,
  alarmEmail: 'owner@blink-logout.dev',
  kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  blinkUserAgent: '~'.repeat(200),
}).toJSON();

it('the plain template differs from the stack in the places of the assets alone, and names nothing of the CDK', () => {
  const { Parameters, Rules, ...expected } = structuredClone(LARGEST);
  expect(Object.keys({ ...Parameters, ...Rules })).toEqual(['BootstrapVersion', 'CheckBootstrapVersion']);
  const codes = ['./functions/logout', './functions/fleet'];
  for (const resource of Object.values<Resource>(expected['Resources'])) {
    delete resource.Metadata;
    if (resource.Type === 'AWS::Lambda::Function') {
      Object.assign(resource.Properties ?? {}, { Code: codes.shift() });
    }
  }
  expect(codes).toEqual([]);
  expect(parse(toYaml(LARGEST), { version: '1.1' })).toEqual(expected);
  expect(toYaml(LARGEST)).not.toMatch(/cdk/i);
});

it('fits into a request as JSON', () => {
  // AWS CloudFormation User Guide, "Understand CloudFormation quotas": a template body in a request, 51,200 bytes.
  expect(Buffer.byteLength(JSON.stringify(plainTemplate(LARGEST)))).toBeLessThan(51_200);
});
