import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll } from 'vitest';
import { readSettings } from '../../lib/settings.ts';
import { BlinkLogoutStack } from '../../lib/stack.ts';

const CDK_JSON: { readonly context: Record<string, unknown> } = JSON.parse(
  readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'),
);

const directory = mkdtempSync(join(tmpdir(), 'blink-logout-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What is in the bundle does not matter to the template. */
const bundleDirectory = join(directory, 'bundle');
mkdirSync(bundleDirectory);
writeFileSync(join(bundleDirectory, 'handler.js'), 'exports.handler = async () => {};');

/**
 * The app as bin/app.ts makes it.
 * @param validation CDK's own check of the template; it takes two seconds, and `cdk synth` does it as well
 */
export function appWith(settings: Record<string, unknown>, validation = false) {
  const app = new App({
    outdir: mkdtempSync(join(directory, 'cdk.out-')),
    context: CDK_JSON.context,
    builtinCloudFormationValidation: validation,
  });
  const stack = new BlinkLogoutStack(app, 'blink-logout', {
    settings: readSettings(settings),
    bundleDirectory,
  });
  return { app, stack };
}

const templates = new Map<string, Template>();

export function synthesize(settings: Record<string, unknown> = {}): Template {
  const key = JSON.stringify(settings);
  const template = templates.get(key) ?? Template.fromStack(appWith(settings).stack);
  templates.set(key, template);
  return template;
}
