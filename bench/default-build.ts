import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Builds a handler with CDK's `NodejsFunction` and its default options: CommonJS, not minified, without the SDK, which
 * Lambda's runtime has.
 * @returns the built file
 */
export async function buildByDefault(entry: string, directory: string): Promise<string> {
  const app = new App({ outdir: directory, analyticsReporting: false });
  new NodejsFunction(new Stack(app, 'Stack'), 'Function', {
    entry,
    runtime: Runtime.NODEJS_24_X,
    depsLockFilePath: join(PROJECT, 'package-lock.json'),
  });
  app.synth();
  const asset = (await readdir(directory)).find((name) => name.startsWith('asset.'));
  if (asset === undefined) throw new Error('CDK has built nothing');
  return join(directory, asset, 'index.js');
}
