import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type OutputFile } from 'esbuild';
import * as v from 'valibot';
import { FUNCTION_DIRECTORY } from './function-directory.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** Packages that the bundle does without, and what replaces them. docs/decisions/0020 has what each one saves. */
export const ALIASES = {
  '@aws-sdk/credential-provider-node': './lambda/substitutes/environment-credentials.ts',
  '@smithy/core/event-streams': './lambda/substitutes/no-event-streams.ts',
  standardwebhooks: './lambda/substitutes/native-webhook.ts',
};

/** For the function that is deployed, and that the local run, the tests and the benchmark run. */
const OPTIONS = {
  absWorkingDir: PROJECT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  // CommonJS loads faster than ESM in a cold start, and `module` entries are smaller once unused exports are gone.
  format: 'cjs',
  mainFields: ['module', 'main'],
  // `import()` of node:http reads all its exports, and Node loads undici for one of them, WebSocket. `require` does not.
  supported: { 'dynamic-import': false },
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  // For lambda/run/source-positions.ts. The bundle does not name it, so that Node does not load it.
  sourcemap: 'external',
  sourcesContent: false,
  logLevel: 'warning',
  alias: ALIASES,
} satisfies BuildOptions;

export interface FunctionBundle {
  /** Holds `handler.js`, which exports `handler`, and its source map. */
  readonly directory: string;
  /** Which files esbuild bundled. */
  readonly metafile: Metafile;
}

/**
 * Bundles the function. The same sources give the same bytes, so that CDK deploys the function only after a change.
 * @param directory receives the files; each is replaced by a rename, so that builds can run at the same time
 * @param entryPoint exports `handler`
 */
export async function buildFunction(
  directory = FUNCTION_DIRECTORY,
  entryPoint = 'lambda/handler.ts',
): Promise<FunctionBundle> {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    entryPoints: { handler: entryPoint },
    outdir: directory,
    write: false,
    metafile: true,
  });
  await mkdir(directory, { recursive: true });
  for (const file of outputFiles) {
    const unfinished = join(dirname(directory), `${basename(file.path)}.${randomUUID()}`);
    await writeFile(unfinished, file.path.endsWith('.map') ? fromProject(file) : file.contents);
    await rename(unfinished, file.path);
  }
  return { directory, metafile };
}

const sourceMapSchema = v.looseObject({ sources: v.array(v.string()) });

/** A source map with its sources relative to the project's root. */
function fromProject({ path, text }: OutputFile): string {
  const map = v.parse(sourceMapSchema, JSON.parse(text));
  const sources = map.sources.map((source) => relative(PROJECT, resolve(dirname(path), source)));
  return JSON.stringify({ ...map, sources });
}
