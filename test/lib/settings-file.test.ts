import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../lib/read-settings.ts';
import { gatherSettings } from '../../lib/settings-file.ts';

const PROJECT = new URL('../../', import.meta.url);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'blink-logout-settings-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(text: string): void {
  writeFileSync(join(directory, 'settings.json'), text);
}

describe('settings.json', () => {
  it('may be absent: then there are the defaults', () => {
    expect(gatherSettings(directory, {})).toEqual({ given: {}, overrides: [] });
  });

  it('gives the settings, and may name its schema', () => {
    write('{"$schema": "./docs/settings.schema.json", "webhookBurst": 7}');
    expect(gatherSettings(directory, {})).toEqual({ given: { webhookBurst: 7 }, overrides: [] });
  });

  it('is overridden by the CDK context, which is printed', () => {
    write('{"webhookBurst": 7, "tracing": true}');
    expect(gatherSettings(directory, { webhookBurst: '9', alarmEmail: 'a@example.com' })).toEqual({
      given: { webhookBurst: '9', tracing: true, alarmEmail: 'a@example.com' },
      overrides: [
        '-c webhookBurst=9 overrides settings.json (7), this time only.',
        '-c alarmEmail=a@example.com overrides the default (none), this time only.',
      ],
    });
  });

  it.each([
    ['{"webhookBurst": 7', 'must hold a JSON object: '],
    ['[]', 'must hold a JSON object: '],
  ])('%s is refused', (text, message) => {
    write(text);
    expect(() => gatherSettings(directory, {})).toThrow(`${directory}/settings.json ${message}`);
  });

  it('is made by copying settings.example.json, which is accepted', () => {
    write(readFileSync(new URL('settings.example.json', PROJECT), 'utf8'));
    expect(() => readSettings(gatherSettings(directory, {}).given)).not.toThrow();
  });
});

describe('the CDK context', () => {
  it('may hold what is none of ours', () => {
    const cdkJson: { context: object } = JSON.parse(readFileSync(new URL('cdk.json', PROJECT), 'utf8'));
    const context = {
      ...cdkJson.context,
      'aws:cdk:enable-path-metadata': true,
      'availability-zones:account=111122223333:region=eu-central-1': ['eu-central-1a'],
      'cli-telemetry': false,
      'acknowledged-issue-numbers': [1],
      notices: false,
      stage: 'dev',
      vpcId: 'vpc-1',
    };
    expect(gatherSettings(directory, context)).toEqual({ given: {}, overrides: [] });
  });

  it('is checked for misspelled settings', () => {
    const { given } = gatherSettings(directory, { schedul: 'rate(1 day)' });
    expect(() => readSettings(given)).toThrow('schedul is not a setting; did you mean schedule?');
  });
});
