import * as v from 'valibot';
import { SETTING_NAMES, type Settings } from './settings.ts';

/** Settings as JSON, also those of another version of this project. */
export type RecordedSettings = Readonly<Record<string, unknown>>;

export type DeployedSettings =
  | { readonly kind: 'recorded'; readonly settings: RecordedSettings }
  /** There is no such stack. */
  | { readonly kind: 'none' }
  /** @param why what prevented it, in one sentence */
  | { readonly kind: 'unknown'; readonly why: string };

/** The template's Metadata, in which a stack carries its settings. */
export function metadataOf(settings: Settings): { readonly Settings: RecordedSettings } {
  return { Settings: settings };
}

const templateSchema = v.object({ Metadata: v.object({ Settings: v.record(v.string(), v.unknown()) }) });

/** Throws if the template carries no settings. */
export function settingsOfTemplate(template: unknown): RecordedSettings {
  return v.parse(templateSchema, template).Metadata.Settings;
}

/** The lines that are printed before a deployment: each setting in force, and what it changes. */
export function compareSettings(
  stackName: string,
  inForce: RecordedSettings,
  deployed: DeployedSettings,
): readonly string[] {
  const before = deployed.kind === 'recorded' ? deployed.settings : inForce;
  const width = Math.max(...SETTING_NAMES.map((name) => name.length));
  const rows = SETTING_NAMES.map((name) => {
    const row = `${name.padEnd(width)}  ${shown(inForce[name])}`;
    return isSame(inForce[name], before[name]) ? `  ${row}` : `* ${row}  (deployed: ${shown(before[name])})`;
  });
  return [heading(stackName, deployed), ...rows, ...keyWarning(inForce, before)];
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

function keyWarning({ kmsKeyArn }: RecordedSettings, before: RecordedSettings): readonly string[] {
  if (isSame(kmsKeyArn, before['kmsKeyArn'])) return [];
  return [
    `kmsKeyArn changes: the webhook key's secret moves to the new key, and sessions' secrets stay under theirs. Keep the old key (${shown(before['kmsKeyArn'])}) until no secret is under it.`,
  ];
}

function shown(value: unknown): string {
  if (value === undefined) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
