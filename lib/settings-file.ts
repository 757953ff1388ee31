import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ParseError, parse } from 'jsonc-parser';
import * as v from 'valibot';
import { SettingsError } from './given-settings.ts';
import type { Settings } from './settings.ts';
import { nearMiss, readSettings } from './settings.ts';

const SETTINGS_FILE = 'settings.json';

/**
 * The settings of settings.json, or the defaults if there is no such file. Throws a SettingsError for every fault.
 * @param directory the working directory
 * @param context the CDK context. `-c settings=FILE` selects another file, which must exist
 */
export function readSettingsFile(directory: string, context: Readonly<Record<string, unknown>>): Settings {
  // The context also contains the user's ~/.cdk.json and the CDK's feature flags.
  const misplaced = Object.keys(context).flatMap((name) => nearMiss(name) ?? []);
  if (misplaced.length > 0) {
    throw new SettingsError(
      `${misplaced.join(', ')} cannot be set by -c. Put it into ${SETTINGS_FILE}, or select another file: -c settings=FILE`,
    );
  }
  const { settings: selected } = context;
  const path = resolve(directory, typeof selected === 'string' ? selected : SETTINGS_FILE);
  if (selected === undefined && !existsSync(path)) return readSettings({});
  return readSettings(parseSettings(path));
}

const settingsFileSchema = v.pipe(
  v.looseObject({ $schema: v.optional(v.unknown()) }),
  v.transform(({ $schema: _, ...settings }): Readonly<Record<string, unknown>> => settings),
);

function parseSettings(path: string): Readonly<Record<string, unknown>> {
  const errors: ParseError[] = [];
  // Windows editors begin a file with a byte order mark.
  const text = readText(path).replace(/^\uFEFF/, '');
  const value: unknown = parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [error] = errors;
  if (error !== undefined) {
    const before = text.slice(0, error.offset).split('\n');
    throw new SettingsError(
      `${path} is not JSON: line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}. Comments, commas before } and single quotes are not allowed.`,
    );
  }
  const parsed = v.safeParse(settingsFileSchema, value);
  if (parsed.success && !Array.isArray(value)) return parsed.output;
  throw new SettingsError(`${path} must hold a JSON object, such as {"schedule": "rate(1 day)"}.`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    throw new SettingsError(`${path} cannot be read (${code}).`);
  }
}
