import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../lib/settings.ts';
import { readSettingsFile } from '../../lib/settings-file.ts';

const PROJECT = new URL('../../', import.meta.url);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'blink-logout-settings-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(text: string, name = 'settings.json'): void {
  writeFileSync(join(directory, name), text);
}

describe('settings.json', () => {
  it('may be absent: then there are the defaults', () => {
    expect(readSettingsFile(directory, {})).toEqual(readSettings({}));
  });

  it('may name its schema, and be of an editor of Windows, with a byte order mark and other line ends', () => {
    write('\uFEFF{\r\n"$schema": "./docs/settings.schema.json",\r\n"webhookBurst": 7\r\n}');
    expect(readSettingsFile(directory, {})).toMatchObject({ webhookBurst: 7 });
  });

  it.each([
    ['{"webhookBurst": 7', 'line 1, column 19'],
    ['{\n  "webhookBurst": 7,\n}', 'line 3, column 1'],
    ['{\n  // how many\n  "webhookBurst": 7\n}', 'line 2, column 3'],
    ['{"webhookBurst": nine}', 'line 1, column 18'],
    ["{'webhookBurst': 7}", 'line 1, column 2'],
    ['{"webhookBurst": 7} and more', 'line 1, column 21'],
    ['', 'line 1, column 1'],
  ])('%j is refused with the place: %s', (text, place) => {
    write(text);
    expect(() => readSettingsFile(directory, {})).toThrow(
      `${directory}/settings.json is not JSON: ${place}. Comments, commas before } and single quotes are not allowed.`,
    );
  });

  it.each(['[]', '7', 'null', '"schedule"'])('%s is refused', (text) => {
    write(text);
    expect(() => readSettingsFile(directory, {})).toThrow(
      `${directory}/settings.json must hold a JSON object`,
    );
  });

  it('is made by copying settings.example.json, whose address must be replaced', () => {
    const example = readFileSync(new URL('settings.example.json', PROJECT), 'utf8');
    write(example);
    expect(() => readSettingsFile(directory, {})).toThrow(/^alarmEmail was given as "you@example\.com"; .*$/);
    write(example.replace('you@example.com', 'owner@blink-logout.dev'));
    expect(() => readSettingsFile(directory, {})).not.toThrow();
  });
});

describe('the CDK context', () => {
  it('selects another file', () => {
    write('{"webhookBurst": 7}');
    write('{"webhookBurst": 9}', 'garden.json');
    expect(readSettingsFile(directory, { settings: 'garden.json' })).toMatchObject({ webhookBurst: 9 });
    expect(() => readSettingsFile(directory, { settings: 'gardn.json' })).toThrow(
      `${directory}/gardn.json cannot be read (ENOENT).`,
    );
  });

  it.each(['schedule', 'schedul', 'alarm_email'])('does not hold settings: %s', (name) => {
    expect(() => readSettingsFile(directory, { [name]: 'x' })).toThrow(
      /cannot be set by -c\. Put it into settings\.json, or select another file: -c settings=FILE$/,
    );
  });

  it('may hold what is none of ours', () => {
    const cdkJson: { context: object } = JSON.parse(readFileSync(new URL('cdk.json', PROJECT), 'utf8'));
    const ofUsers = { notices: false, stage: 'dev', vpcId: 'vpc-1', 'aws:cdk:enable-path-metadata': true };
    expect(readSettingsFile(directory, { ...cdkJson.context, ...ofUsers })).toEqual(readSettings({}));
  });
});
