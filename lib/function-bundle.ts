import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { thirdPartyNotices } from './third-party-notices.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** Packages that the bundle does without, and what replaces them. docs/decisions/0020 has what each one saves. */
export const ALIASES = {
  '@aws-sdk/credential-provider-node': './lambda/logout/substitutes/environment-credentials.ts',
  '@smithy/core/event-streams': './lambda/logout/substitutes/no-event-streams.ts',
};

/** For the functions that are deployed, and that the local run, the tests and the benchmark run. */
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
  logLevel: 'warning',
  write: false,
  metafile: true,
} satisfies BuildOptions;

type Files = Readonly<Record<string, BuildOptions>>;

const LOGOUT: Files = {
  // CommonJS loads faster than ESM in a cold start.
  'handler.cjs': {
    entryPoints: ['lambda/logout/handler.ts'],
    format: 'cjs',
    alias: ALIASES,
    // `import()` of node:http reads all its exports, and Node loads undici for one of them, WebSocket. `require` does not.
    supported: { 'dynamic-import': false },
    // For lambda/logout/source-positions.ts. The bundle does not name it, so that Node does not load it.
    sourcemap: 'external',
    sourcesContent: false,
  },
  // Lambda awaits an ES module.
  'init.mjs': { entryPoints: ['lambda/logout/init.ts'], format: 'esm', alias: ALIASES },
};

/** Nobody waits for its cold start. */
const FLEET: Files = { 'handler.cjs': { entryPoints: ['lambda/fleet/handler.ts'], format: 'cjs' } };

export interface FunctionBundle {
  readonly directory: string;
  /** What esbuild bundled into each file; first the handler. */
  readonly metafiles: readonly Metafile[];
}

/**
 * Bundles the logout function: `init.mjs`, which exports `handler`, and `handler.cjs`, which it loads, with its source map. The same
 * sources give the same bytes, so that CDK deploys the function only after a change.
 * @param directory for these files alone: others are removed. Each is replaced by a rename, so that builds can run at the same
 *   time
 */
export function buildFunction(directory: string): Promise<FunctionBundle> {
  return bundle(directory, LOGOUT);
}

/** Builds the logout function in `logout/`, the fleet in `fleet/`, and the licences of what they contain. */
export async function buildFunctions(directory: string): Promise<void> {
  const bundles = await Promise.all([
    buildFunction(join(directory, 'logout')),
    bundle(join(directory, 'fleet'), FLEET),
  ]);
  const notices = thirdPartyNotices(bundles.flatMap(({ metafiles }) => metafiles));
  await writeFile(join(directory, 'THIRD-PARTY-NOTICES'), notices);
}

async function bundle(directory: string, files: Files): Promise<FunctionBundle> {
  const built = await Promise.all(
    // Wherever the files are written, the sources of the map are relative to the project's root.
    Object.entries(files).map(([file, options]) =>
      build({ ...options, ...OPTIONS, outfile: join(PROJECT, file) }),
    ),
  );
  const outputs = built.flatMap(({ outputFiles }) => outputFiles);
  await mkdir(directory, { recursive: true });
  const names = new Set<string>();
  for (const { path, contents } of outputs) {
    const name = basename(path);
    const unfinished = join(dirname(directory), `${name}.${randomUUID()}`);
    await writeFile(unfinished, contents);
    await rename(unfinished, join(directory, name));
    names.add(name);
  }
  // CDK deploys the whole directory, and an earlier version may have left other files.
  for (const name of await readdir(directory)) {
    if (!names.has(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
  return { directory, metafiles: built.map(({ metafile }) => metafile) };
}
