import { existsSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { nearMiss, SettingsError } from './read-settings.ts';
import { SETTING_NAMES, settingsSchema } from './settings.ts';

export const SETTINGS_FILE = 'settings.json';

export interface GatheredSettings {
  /** Not yet validated. */
  readonly given: Readonly<Record<string, unknown>>;
  /** A line for each setting that the context overrides. */
  readonly overrides: readonly string[];
}

/**
 * The settings of settings.json, overridden by those of the CDK context (`-c name=value`).
 * Throws a SettingsError if the file is there and does not hold a JSON object.
 * @param directory has the file, if there is one
 */
export function gatherSettings(
  directory: string,
  context: Readonly<Record<string, unknown>>,
): GatheredSettings {
  const file = readSettingsFile(`${directory}/${SETTINGS_FILE}`);
  const overriding = Object.entries(context).filter(([name]) => isOurs(name));
  return {
    given: { ...file, ...Object.fromEntries(overriding) },
    overrides: overriding
      .filter(([name]) => SETTING_NAMES.includes(name))
      .map(([name, value]) => `-c ${name}=${value} overrides ${overridden(name, file)}, this time only.`),
  };
}

/** The context also contains the user's ~/.cdk.json and the CDK's feature flags. A misspelled setting is refused later. */
function isOurs(name: string): boolean {
  return SETTING_NAMES.includes(name) || nearMiss(name) !== undefined;
}

function overridden(name: string, file: Readonly<Record<string, unknown>>): string {
  if (Object.hasOwn(file, name)) return `${SETTINGS_FILE} (${file[name]})`;
  const defaults: Readonly<Record<string, unknown>> = v.getDefaults(settingsSchema);
  return `the default (${defaults[name] ?? 'none'})`;
}

const fileSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.check((value) => !Array.isArray(value), 'it holds an array'),
  v.looseObject({ $schema: v.optional(v.unknown()) }),
  v.transform(({ $schema: _, ...settings }): Record<string, unknown> => settings),
);

function readSettingsFile(path: string): Readonly<Record<string, unknown>> {
  if (!existsSync(path)) return {};
  const parsed = v.safeParse(fileSchema, readFileSync(path, 'utf8'));
  if (parsed.success) return parsed.output;
  throw new SettingsError(`${path} must hold a JSON object: ${parsed.issues[0].message}`);
}
