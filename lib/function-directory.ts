import { fileURLToPath } from 'node:url';

/** Where the build puts the function, in a clone as in the package. Contains `init.mjs`, `handler.cjs` and its source map. */
export const FUNCTION_DIRECTORY = fileURLToPath(new URL('../build/function', import.meta.url));
