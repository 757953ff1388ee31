import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as v from 'valibot';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

const cdkJsonSchema = v.object({ context: v.optional(v.record(v.string(), v.unknown()), {}) });

/**
 * Runs the CDK app as the CDK CLI does, without the CLI: it is told by variables where to write, and the context.
 * @param directory where the cloud assembly is written
 * @param options.settings put over the context of cdk.json, as `-c name=value` would be
 */
export async function synthesize(
  directory: string,
  options: { readonly settings?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const { context } = v.parse(cdkJsonSchema, JSON.parse(await readFile(`${PROJECT}/cdk.json`, 'utf8')));
  const app = promisify(execFile)(process.execPath, [`${PROJECT}/bin/app.ts`], {
    // The settings.json of the project is for its deployment.
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      CDK_OUTDIR: directory,
      // Validating the template takes longer than making it, and is for what will be deployed.
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...options.settings }),
    },
    signal: options.signal,
  });
  await app.catch((error: unknown) => {
    if (options.signal?.aborted) throw error;
    const told = v.is(v.looseObject({ stderr: v.string() }), error) ? error.stderr : '';
    throw new Error(`the app could not be synthesized:\n${told.trim()}`, { cause: error });
  });
}
