import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import * as v from 'valibot';

const manifestSchema = v.pipe(v.string(), v.parseJson(), v.object({ version: v.string() }));

/** Of a package.json that a package reads, for its version, no more than that is bundled. */
export const versionsOfPackages: Plugin = {
  name: 'versions-of-packages',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/].*[\\/]package\.json$/ }, async ({ path }) => ({
      contents: JSON.stringify(v.parse(manifestSchema, await readFile(path, 'utf8'))),
      loader: 'json',
    }));
  },
};
