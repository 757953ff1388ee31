import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Template } from 'aws-cdk-lib/assertions';
import { App } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import { onTestFinished } from 'vitest';
import { stackName } from '../../lambda/core/stack-name.ts';
import { readSettings } from '../../lib/settings.ts';
import { BlinkLogoutStack } from '../../lib/stack.ts';

const CDK_JSON: { readonly context: Record<string, unknown> } = JSON.parse(
  readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'),
);

/** What is in the bundle does not matter to the template. */
export const EMPTY_BUNDLE = fileURLToPath(new URL('empty-bundle', import.meta.url));

/** An app for the test that is running. */
export function newApp(context: Readonly<Record<string, unknown>> = {}): App {
  const outdir = newDirectory();
  onTestFinished(() => rmSync(outdir, { recursive: true }));
  return appIn(outdir, context);
}

function newDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'blink-logout-template-'));
}

function appIn(outdir: string, context: Readonly<Record<string, unknown>> = {}): App {
  return new App({
    outdir,
    context: { ...CDK_JSON.context, ...context },
    // These take time, and the test of the app has `cdk synth` do them.
    builtinCloudFormationValidation: false,
    treeMetadata: false,
  });
}

const templates = new Map<string, Template>();

/** The template that comes of the settings, as bin/app.ts makes it. */
export function synthesize(given: Readonly<Record<string, unknown>> = {}): Template {
  const key = JSON.stringify(given);
  const known = templates.get(key);
  if (known !== undefined) return known;
  const settings = readSettings(given);
  const outdir = newDirectory();
  const props = { settings, bundleDirectory: EMPTY_BUNDLE };
  const template = Template.fromStack(new BlinkLogoutStack(appIn(outdir), stackName(settings.name), props));
  rmSync(outdir, { recursive: true });
  templates.set(key, template);
  return template;
}

/** What the construct and those in it tell the person who synthesizes. */
export function toldBy(scope: IConstruct): unknown[] {
  return scope.node.findAll().flatMap(({ node }) => node.metadata.map(({ data }) => data));
}
