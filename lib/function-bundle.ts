import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type OutputFile } from 'esbuild';
import * as v from 'valibot';
import { substituteModules } from './bundle/substitute-modules.ts';
import { SUBSTITUTIONS } from './bundle/substitutions.ts';
import { versionsOfPackages } from './bundle/versions-of-packages.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** What is deployed, and what the local run, the tests and the benchmark run. */
const OPTIONS = {
  absWorkingDir: PROJECT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  // CommonJS loads faster than ESM in a cold start, and `module` entries are smaller once unused exports are gone.
  format: 'cjs',
  mainFields: ['module', 'main'],
  // `import()` of node:http asks for all that it exports, WebSocket included, for which Node loads undici; `require` does not.
  supported: { 'dynamic-import': false },
  minify: true,
  legalComments: 'none',
  // Beside the bundle, for lambda/source-positions.ts; the bundle does not name it, so that nobody else loads it.
  sourcemap: 'external',
  sourcesContent: false,
  logLevel: 'warning',
  plugins: [versionsOfPackages, substituteModules(PROJECT, SUBSTITUTIONS)],
} satisfies BuildOptions;

export interface FunctionBundle {
  /** Holds `handler.js`, which exports `handler`, and its source map. */
  readonly directory: string;
  /** esbuild's account of what went in. */
  readonly metafile: Metafile;
}

/**
 * Bundles the function. The same sources give the same bytes, and so the same asset hash: no needless deployment.
 * @param directory where to; files in it are replaced whole, so that builds at the same time do no harm
 * @param entryPoint exports `handler`
 */
export async function buildFunction(
  directory = join(PROJECT, '.build', 'function'),
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

/** A source map whose sources are named from the project's root, wherever the bundle is. */
function fromProject({ path, text }: OutputFile): string {
  const map = v.parse(sourceMapSchema, JSON.parse(text));
  const sources = map.sources.map((source) => relative(PROJECT, resolve(dirname(path), source)));
  return JSON.stringify({ ...map, sources });
}
