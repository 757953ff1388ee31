import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as v from 'valibot';
import cdkJson from '../cdk.json' with { type: 'json' };

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** Without it, compilation takes up to half of the CPU time of a process that loads large packages. */
export const COMPILE_CACHE =
  process.env['NODE_COMPILE_CACHE'] ?? `${PROJECT}node_modules/.cache/node-compile`;

/**
 * Runs the CDK app with the default settings and without the CDK CLI: environment variables give the output directory and
 * the context.
 * @param directory for the cloud assembly
 */
export async function synthesize(directory: string, signal?: AbortSignal): Promise<void> {
  // Not the project's settings.json, which is for its deployment.
  await writeFile(`${directory}/settings.json`, '{}');
  const app = promisify(execFile)(process.execPath, [`${PROJECT}bin/app.ts`], {
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      // Removed with the directory, even if the app is ended before it has cleaned up.
      TMPDIR: directory,
      CDK_OUTDIR: directory,
      // Validation takes longer than the synthesis, and this template is not deployed.
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify(cdkJson.context),
    },
    signal,
  });
  const exited = once(app.child, 'exit');
  await app.catch(async (error: unknown) => {
    await exited; // so that it writes nothing more into the directory
    if (signal?.aborted) throw error;
    const stderr = v.is(v.looseObject({ stderr: v.string() }), error) ? error.stderr : '';
    throw new Error(`the CDK app could not be synthesized:\n${stderr.trim()}`, { cause: error });
  });
}
