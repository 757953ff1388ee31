import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { toYaml } from '../lib/plain-template.ts';

/**
 * `npm run template`: writes build/template.yaml, beside the functions that the synthesis builds, for
 * `aws cloudformation package`. All options are passed to `cdk synth`.
 */
const CDK = fileURLToPath(new URL('../node_modules/aws-cdk/bin/cdk', import.meta.url));
const ASSEMBLY = 'cdk.out';

const synth = ['synth', '--quiet', '--output', ASSEMBLY, '--no-path-metadata', '--no-asset-metadata'];
const { status } = spawnSync(process.execPath, [CDK, ...synth, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
if (status === 0) {
  for (const stack of new CloudAssembly(ASSEMBLY).stacks) {
    writeFileSync('build/template.yaml', toYaml(stack.template));
  }
  console.log('build/template.yaml takes the functions from build/functions/.');
}
