import { fileURLToPath } from 'node:url';

/**
 * Where the build puts the functions, in a clone as in the package: in `logout/`, `init.mjs`, `handler.cjs` and its source map,
 * and in `fleet/`, `handler.cjs`.
 */
export const FUNCTIONS_DIRECTORY = fileURLToPath(new URL('../build/functions', import.meta.url));
