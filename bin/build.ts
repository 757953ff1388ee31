import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFunction } from '../lib/function-bundle.ts';
import packageJson from '../package.json' with { type: 'json' };

/** `npm run build`: the package of BlinkLogout in build/package/, for `npm pack`. */
const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGE = join(PROJECT, 'build/package');

const { name, version, description, license, type, engines, dependencies } = packageJson;

rmSync(PACKAGE, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [join(PROJECT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  {
    cwd: PROJECT,
    stdio: 'inherit',
  },
);
await buildFunction(join(PACKAGE, 'build/function'));
for (const file of ['LICENSE', 'CHANGELOG.md']) cpSync(join(PROJECT, file), join(PACKAGE, file));
const manifest = {
  name,
  version,
  description,
  license,
  type,
  engines,
  exports: { '.': { types: './lib/blink-logout.d.ts', default: './lib/blink-logout.js' } },
  files: ['lib', 'lambda', 'build', 'CHANGELOG.md'],
  dependencies: { 'fastest-levenshtein': dependencies['fastest-levenshtein'], valibot: dependencies.valibot },
  peerDependencies: {
    'aws-cdk-lib': `^${dependencies['aws-cdk-lib']}`,
    constructs: `^${dependencies.constructs}`,
  },
};
writeFileSync(join(PACKAGE, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
