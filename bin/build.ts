import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildFunctions } from '../lib/function-bundle.ts';
import packageJson from '../package.json' with { type: 'json' };

/**
 * `npm run build`: the package of BlinkLogout in build/package/, for `npm pack`. Its code is CommonJS; for ES modules it has an
 * entry that loads the same code, so that an app which uses both has one class BlinkLogout.
 */
const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGE = join(PROJECT, 'build/package');

const { dependencies } = packageJson;

const manifest = {
  ...packageJson,
  private: undefined,
  scripts: undefined,
  devDependencies: undefined,
  allowScripts: undefined,
  type: 'commonjs',
  main: './lib/index.js',
  types: './lib/index.d.ts',
  exports: {
    '.': {
      import: { types: './lib/index.d.mts', default: './lib/index.mjs' },
      require: { types: './lib/index.d.ts', default: './lib/index.js' },
    },
    './package.json': './package.json',
  },
  files: ['lib', 'build', 'CHANGELOG.md'],
  dependencies: {
    croner: dependencies.croner,
    'fastest-levenshtein': dependencies['fastest-levenshtein'],
    valibot: dependencies.valibot,
  },
  peerDependencies: {
    'aws-cdk-lib': `^${dependencies['aws-cdk-lib']}`,
    constructs: `^${dependencies.constructs}`,
  },
};

/** The declarations that the entry's refer to. The others are not for users. */
const DECLARATIONS = ['index', 'blink-logout', 'given-settings'];

function write(file: string, text: string): void {
  writeFileSync(join(PACKAGE, file), text);
}

rmSync(PACKAGE, { recursive: true, force: true });
await build({
  absWorkingDir: PROJECT,
  entryPoints: ['lib/index.ts'],
  outfile: join(PACKAGE, 'lib/index.js'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  packages: 'external',
  // CommonJS has no import.meta.
  define: { 'import.meta.url': 'MODULE_URL' },
  banner: { js: "const MODULE_URL = require('node:url').pathToFileURL(__filename).href;" },
  legalComments: 'none',
});
write('lib/index.mjs', "export { BlinkLogout, SettingsError } from './index.js';\n");
write('lib/index.d.mts', "export { BlinkLogout, type BlinkLogoutProps, SettingsError } from './index.js';\n");

const declarations = mkdtempSync(join(tmpdir(), 'blink-logout-declarations-'));
const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', declarations];
execFileSync(process.execPath, tsc, { cwd: PROJECT, stdio: 'inherit' });
for (const each of DECLARATIONS) {
  const text = readFileSync(join(declarations, `lib/${each}.d.ts`), 'utf8');
  write(`lib/${each}.d.ts`, text.replaceAll(/(?<= from '\.\/[a-z-]+)\.ts(?=')/g, '.js'));
}
rmSync(declarations, { recursive: true });

await buildFunctions(join(PACKAGE, 'build/functions'));
for (const file of ['LICENSE', 'CHANGELOG.md']) cpSync(join(PROJECT, file), join(PACKAGE, file));
cpSync(join(PROJECT, 'lib/README.md'), join(PACKAGE, 'README.md'));
write('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
console.log('The package is in build/package/. To pack it: npm pack ./build/package');
