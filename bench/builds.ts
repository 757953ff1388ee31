import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { App, Stack } from 'aws-cdk-lib/core';
import { buildFunction } from '../lib/function-bundle.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const BASELINE = fileURLToPath(new URL('baseline/handler.ts', import.meta.url));

/** `control` is a copy of `this`: any difference between the two is noise. */
export const BUILDS = ['this', 'control', 'baseline'] as const;
export type Build = (typeof BUILDS)[number];

/**
 * Builds the function, its copy and the baseline.
 * @param directory outside the project, so that a built function finds no modules but its own, as on Lambda
 * @returns the file of each build that exports `handler`
 */
export async function buildAll(directory: string): Promise<Readonly<Record<Build, string>>> {
  await buildFunction(join(directory, 'this'));
  await cp(join(directory, 'this'), join(directory, 'control'), { recursive: true });
  return {
    this: join(directory, 'this', 'init.mjs'),
    control: join(directory, 'control', 'init.mjs'),
    baseline: await buildByDefault(BASELINE, join(directory, 'baseline')),
  };
}

/** With CDK's `NodejsFunction` and its default options: CommonJS, not minified, without the SDK, which Lambda's runtime has. */
async function buildByDefault(entry: string, directory: string): Promise<string> {
  const app = new App({ outdir: directory, builtinCloudFormationValidation: false });
  new NodejsFunction(new Stack(app, 'Stack'), 'Function', {
    entry,
    runtime: Runtime.NODEJS_24_X,
    depsLockFilePath: join(PROJECT, 'package-lock.json'),
    bundling: { logLevel: LogLevel.ERROR },
  });
  app.synth();
  const asset = (await readdir(directory)).find((name) => name.startsWith('asset.'));
  if (asset === undefined) throw new Error('CDK has built nothing');
  return join(directory, asset, 'index.js');
}
