import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type OutputFile } from 'esbuild';
import * as v from 'valibot';
import { FUNCTIONS_DIRECTORY } from './function-directory.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** Packages that the bundle does without, and what replaces them. docs/decisions/0020 has what each one saves. */
export const ALIASES = {
  '@aws-sdk/credential-provider-node': './lambda/logout/substitutes/environment-credentials.ts',
  '@smithy/core/event-streams': './lambda/logout/substitutes/no-event-streams.ts',
};

/** For the function that is deployed, and that the local run, the tests and the benchmark run. */
const OPTIONS = {
  absWorkingDir: PROJECT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  // `module` entries are smaller once unused exports are gone.
  mainFields: ['module', 'main'],
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  // For lambda/logout/source-positions.ts. The bundle does not name it, so that Node does not load it.
  sourcemap: 'external',
  sourcesContent: false,
  logLevel: 'warning',
  alias: ALIASES,
  write: false,
  metafile: true,
} satisfies BuildOptions;

/** CommonJS loads faster than ESM in a cold start. */
const HANDLER = {
  ...OPTIONS,
  entryPoints: { handler: 'lambda/logout/handler.ts' },
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // `import()` of node:http reads all its exports, and Node loads undici for one of them, WebSocket. `require` does not.
  supported: { 'dynamic-import': false },
} satisfies BuildOptions;

/** Lambda awaits an ES module. */
const INIT = {
  ...OPTIONS,
  entryPoints: { init: 'lambda/logout/init.ts' },
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  sourcemap: false,
} satisfies BuildOptions;

/** Nobody waits for its cold start. */
const FLEET = {
  ...OPTIONS,
  entryPoints: { handler: 'lambda/fleet/handler.ts' },
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  alias: {},
  sourcemap: false,
} satisfies BuildOptions;

export interface FunctionBundle {
  /** Contains `init.mjs`, which exports `handler`, and `handler.cjs`, which it loads, with its source map. */
  readonly directory: string;
  /** What esbuild bundled into `handler.cjs`. */
  readonly metafile: Metafile;
  /** Of all files, for their licences. */
  readonly metafiles: readonly Metafile[];
}

/**
 * Bundles the function. The same sources give the same bytes, so that CDK deploys the function only after a change.
 * @param directory for these files alone: others are removed. Each is replaced by a rename, so that builds can run at the same
 *   time
 */
export async function buildFunction(directory: string): Promise<FunctionBundle> {
  const [handler, init] = await Promise.all([
    build({ ...HANDLER, outdir: directory }),
    build({ ...INIT, outdir: directory }),
  ]);
  await writeFiles(directory, [...handler.outputFiles, ...init.outputFiles]);
  return { directory, metafile: handler.metafile, metafiles: [handler.metafile, init.metafile] };
}

/** Builds both functions: the logout function in `logout/`, and the fleet in `fleet/`. */
export async function buildFunctions(directory = FUNCTIONS_DIRECTORY) {
  const fleetDirectory = join(directory, 'fleet');
  const [fleet, logout] = await Promise.all([
    build({ ...FLEET, outdir: fleetDirectory }),
    buildFunction(join(directory, 'logout')),
  ]);
  await writeFiles(fleetDirectory, fleet.outputFiles);
  return { directory, metafiles: [...logout.metafiles, fleet.metafile] };
}

async function writeFiles(directory: string, files: readonly OutputFile[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const file of files) {
    const unfinished = join(dirname(directory), `${basename(file.path)}.${randomUUID()}`);
    await writeFile(unfinished, file.path.endsWith('.map') ? fromProject(file) : file.contents);
    await rename(unfinished, file.path);
  }
  // CDK deploys the whole directory, and an earlier version may have left other files.
  const built = new Set(files.map(({ path }) => basename(path)));
  for (const name of await readdir(directory)) {
    if (!built.has(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
}

const sourceMapSchema = v.looseObject({ sources: v.array(v.string()) });

/** A source map with its sources relative to the project's root. */
function fromProject({ path, text }: OutputFile): string {
  const map = v.parse(sourceMapSchema, JSON.parse(text));
  const sources = map.sources.map((source) => relative(PROJECT, resolve(dirname(path), source)));
  return JSON.stringify({ ...map, sources });
}
