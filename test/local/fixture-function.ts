import { fileURLToPath } from 'node:url';
import type { DeployedFunction } from '../../local/deployment.ts';

/** A function that does what its event says. */
export const FIXTURE_FUNCTION: DeployedFunction = {
  name: 'fixture',
  assetDirectory: fileURLToPath(new URL('fixture-function', import.meta.url)),
  handler: 'index.handler',
  runtime: 'nodejs24.x',
  environment: { COLOUR: 'blue', SHAPE: 'round' },
  timeoutSeconds: 3,
  memoryMb: 256,
};
