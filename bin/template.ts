import { writeFileSync } from 'node:fs';
import { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { toYaml } from '../lib/plain-template.ts';
import { ASSEMBLY, cdk } from './cdk.ts';

/**
 * `npm run template`: writes build/template.yaml, beside the function that the synthesis builds, for
 * `aws cloudformation package`. All options are passed to `cdk synth`.
 */
async function template(args: readonly string[]): Promise<number> {
  const noCdk = ['--no-path-metadata', '--no-asset-metadata'];
  const synthesis = await cdk(['synth', '--quiet', '--output', ASSEMBLY, ...noCdk, ...args]);
  if (synthesis !== 0) return synthesis;
  for (const stack of new CloudAssembly(ASSEMBLY).stacks) {
    writeFileSync('build/template.yaml', toYaml(stack.template));
  }
  console.log('build/template.yaml takes the function from build/function/.');
  return 0;
}

process.exitCode = await template(process.argv.slice(2));
