import * as v from 'valibot';
import { SETTING_NAMES, type Settings } from './settings.ts';

/** Settings as JSON, also those of another version of this project. */
export type RecordedSettings = Readonly<Record<string, unknown>>;

export type DeployedSettings =
  | { readonly kind: 'recorded'; readonly settings: RecordedSettings }
  /** There is no such stack. */
  | { readonly kind: 'none' }
  /**
   * @param why the reason, in one sentence
   * @param cause the error, if there was one
   */
  | { readonly kind: 'unknown'; readonly why: string; readonly cause?: unknown };

/** The template's Metadata, in which a stack carries its settings. */
export function metadataOf(settings: Settings): { readonly Settings: RecordedSettings } {
  return { Settings: settings };
}

const templateSchema = v.object({ Metadata: v.object({ Settings: v.record(v.string(), v.unknown()) }) });

/** Throws if the template carries no settings. */
export function settingsOfTemplate(template: unknown): RecordedSettings {
  return v.parse(templateSchema, template).Metadata.Settings;
}

/** The names of the settings whose values differ. */
export function differingSettings(one: RecordedSettings, other: RecordedSettings): readonly string[] {
  return SETTING_NAMES.filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]));
}

/** The lines that are printed before a deployment: each setting in force, and the deployed value if it differs. */
export function compareSettings(
  stackName: string,
  inForce: RecordedSettings,
  deployed: DeployedSettings,
): readonly string[] {
  const before = deployed.kind === 'recorded' ? deployed.settings : inForce;
  const width = Math.max(...SETTING_NAMES.map((name) => name.length));
  const differing = differingSettings(inForce, before);
  const rows = SETTING_NAMES.map((name) => {
    const row = `${name.padEnd(width)}  ${shown(inForce[name])}`;
    return differing.includes(name) ? `* ${row}  (deployed: ${shown(before[name])})` : `  ${row}`;
  });
  return [
    heading(stackName, deployed),
    ...rows,
    ...(differing.includes('kmsKeyArn') ? [keyWarning(before)] : []),
  ];
}

function heading(stackName: string, deployed: DeployedSettings): string {
  switch (deployed.kind) {
    case 'recorded':
      return `Settings of ${stackName}. * differs from the deployed stack.`;
    case 'none':
      return `Settings of ${stackName}, which is not deployed yet.`;
    case 'unknown':
      return `Settings of ${stackName}. The deployed settings are unknown: ${deployed.why}`;
  }
}

function keyWarning({ kmsKeyArn }: RecordedSettings): string {
  return `kmsKeyArn changes: the webhook key's secret moves to the new key, and sessions' secrets stay under theirs. Keep the old key (${shown(kmsKeyArn)}) until no secret is under it.`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
