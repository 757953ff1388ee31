import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { OnLoadResult, Plugin } from 'esbuild';

/** A file of a package, and what goes into the bundle in its place. */
export interface Substitution {
  /** Below `node_modules`. */
  readonly file: string;
  /** SHA-256 of the replaced file, in hex. Another text has to be read again, and its digest noted. */
  readonly digest: string;
  /** The module that does its work, from the project's root. @default - none of it is needed */
  readonly by?: string;
  /** Exports that are never called: calling one throws. */
  readonly leavesOut?: readonly string[];
}

/**
 * Puts other modules in the place of a few of the packages'. A build fails, and names the file, where a package's update
 * has changed or moved what is replaced.
 */
export function substituteModules(project: string, substitutions: readonly Substitution[]): Plugin {
  return {
    name: 'substitute-modules',
    setup({ onStart, onLoad, onEnd }) {
      const byFile = new Map(substitutions.map((each) => [each.file, each]));
      const unmet = new Set<string>();
      onStart(() => {
        for (const file of byFile.keys()) unmet.add(file);
      });
      onLoad({ filter: /[\\/]node_modules[\\/]/, namespace: 'file' }, async ({ path }) => {
        const file = relative(join(project, 'node_modules'), path).replaceAll('\\', '/');
        const substitution = byFile.get(file);
        if (substitution === undefined) return undefined;
        unmet.delete(file);
        const errors = await faults(path, substitution);
        return errors.length > 0 ? { errors } : substitute(project, path, substitution);
      });
      onEnd(() => ({
        errors: [...unmet].map((file) => ({
          text: `node_modules/${file} is replaced in the bundle, but is not part of it: what has taken its place?`,
        })),
      }));
    },
  };
}

async function faults(path: string, { file, digest }: Substitution): Promise<{ readonly text: string }[]> {
  const found = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  if (found === digest) return [];
  return [
    {
      text: `node_modules/${file} is replaced in the bundle, and has changed: read it, then note its digest ${found}`,
    },
  ];
}

/** What the module imports is looked for from where the replaced file is. */
async function substitute(
  project: string,
  path: string,
  { by, leavesOut = [] }: Substitution,
): Promise<OnLoadResult> {
  const module = by === undefined ? '' : await readFile(join(project, by), 'utf8');
  const throwing = leavesOut.map(
    (name) => `export function ${name}() { throw new Error('${name} is left out of the bundle'); }\n`,
  );
  return { contents: module + throwing.join(''), loader: 'ts', resolveDir: dirname(path) };
}
