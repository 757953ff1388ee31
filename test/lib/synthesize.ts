import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { onTestFinished } from 'vitest';
import { stackName } from '../../lambda/core/stack-name.ts';
import { readSettings } from '../../lib/settings.ts';
import { BlinkLogoutStack } from '../../lib/stack.ts';

const CDK_JSON: { readonly context: Record<string, unknown> } = JSON.parse(
  readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'),
);

/** What is in the bundle does not matter to the template. */
const BUNDLE = fileURLToPath(new URL('empty-bundle', import.meta.url));

/** The app as bin/app.ts makes it, for the test that is running. */
export function appWith(settings: Record<string, unknown>) {
  const made = make(settings);
  onTestFinished(() => rmSync(made.app.outdir, { recursive: true }));
  return made;
}

const templates = new Map<string, Template>();

/** The template that comes of the settings. */
export function synthesize(settings: Record<string, unknown> = {}): Template {
  const key = JSON.stringify(settings);
  const known = templates.get(key);
  if (known !== undefined) return known;
  const { app, stack } = make(settings);
  const template = Template.fromStack(stack);
  rmSync(app.outdir, { recursive: true });
  templates.set(key, template);
  return template;
}

function make(settings: Record<string, unknown>) {
  const inForce = readSettings(settings);
  const app = new App({
    outdir: mkdtempSync(join(tmpdir(), 'blink-logout-template-')),
    context: CDK_JSON.context,
    // These take time, and the test of the app has `cdk synth` do them.
    builtinCloudFormationValidation: false,
    treeMetadata: false,
  });
  return {
    app,
    stack: new BlinkLogoutStack(app, stackName(inForce.name), { settings: inForce, bundleDirectory: BUNDLE }),
  };
}
