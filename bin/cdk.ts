import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CDK = fileURLToPath(new URL('../node_modules/aws-cdk/bin/cdk', import.meta.url));

/** Where the CDK CLI writes what it synthesizes. */
export const ASSEMBLY = 'cdk.out';

/** Runs the CDK CLI in this terminal, and returns its exit code. */
export function cdk(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [CDK, ...args], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
