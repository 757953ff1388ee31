import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { substituteModules } from './bundle/substitute-modules.ts';
import { SUBSTITUTIONS } from './bundle/substitutions.ts';
import { versionsOfPackages } from './bundle/versions-of-packages.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** What is deployed, and what the local run, the tests and the benchmark run. */
const OPTIONS = {
  absWorkingDir: PROJECT,
  entryPoints: { handler: 'lambda/handler.ts' },
  bundle: true,
  platform: 'node',
  target: 'node24',
  // CommonJS loads faster than ESM in a cold start, and `module` entries are smaller once unused exports are gone.
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [versionsOfPackages, substituteModules(PROJECT, SUBSTITUTIONS)],
} satisfies BuildOptions;

export interface FunctionBundle {
  /** Holds `handler.js`, which exports `handler`. */
  readonly directory: string;
  /** esbuild's account of what went in. */
  readonly metafile: Metafile;
}

/**
 * Bundles the function. The same sources give the same bytes, and so the same asset hash: no needless deployment.
 * @param directory where to; files in it are replaced whole, so that builds at the same time do no harm
 */
export async function buildFunction(
  directory = join(PROJECT, '.build', 'function'),
): Promise<FunctionBundle> {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    outdir: directory,
    write: false,
    metafile: true,
  });
  await mkdir(directory, { recursive: true });
  for (const file of outputFiles) {
    const unfinished = join(dirname(directory), `${basename(file.path)}.${randomUUID()}`);
    await writeFile(unfinished, file.contents);
    await rename(unfinished, file.path);
  }
  return { directory, metafile };
}
